"""PostgreSQL as the engines on servers use it: a few connections, and migrations. Never a table of an engine."""
