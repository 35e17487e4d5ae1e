"""Judges whether data keeps its promise: compiled validators, compatibility, quality. Never I/O that it was not handed."""
