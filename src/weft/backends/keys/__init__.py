"""Engines of the `Keys` port."""
