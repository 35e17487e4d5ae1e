"""Callers outside: the reading door and its ports. Never a second access check."""
