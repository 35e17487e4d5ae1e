"""SQLite as the engines on disk use it: one way to open it, one thread that writes. Never a table of an engine."""
