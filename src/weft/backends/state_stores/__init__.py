"""Engines of the `StateStore` port."""
