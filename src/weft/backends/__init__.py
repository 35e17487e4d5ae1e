"""Every engine, one file each, grouped by the port that it fills. Never business words."""
