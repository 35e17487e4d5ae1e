"""Data in motion: ingest, refine, refresh, as tuples of stages. Never a rule of its own about data."""
