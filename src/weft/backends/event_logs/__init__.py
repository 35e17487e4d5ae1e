"""Engines of the `EventLog` port."""
