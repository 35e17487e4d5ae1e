"""The agent API of the brief, on the same mesh. Thin."""
