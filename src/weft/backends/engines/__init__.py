"""Engines of the `Engine` port."""
