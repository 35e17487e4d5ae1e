"""What exists, what it came from and whom a change hits: products, search, lineage, impact. Never permission logic."""
