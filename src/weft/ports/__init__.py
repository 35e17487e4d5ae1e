"""Every seam: one abstract class and its capabilities per file. What we need from an engine, never how it does it."""
