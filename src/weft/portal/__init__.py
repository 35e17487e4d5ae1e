"""The built web page, as files in the wheel. No logic."""
