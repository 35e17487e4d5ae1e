"""Engines of the `TableStore` port."""
