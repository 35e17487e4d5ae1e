"""Engines of the `Identity` port."""
