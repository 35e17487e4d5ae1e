"""Our own verbs on logs: consume, publish, follow. Never a vendor's name."""
