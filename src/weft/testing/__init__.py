"""The workshop: each port's promises as test classes, and real servers as child processes."""
