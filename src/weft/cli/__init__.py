"""The command line: argv in, tables and JSON out. Thin."""
