"""Metrics, JSON logs and trace ids. Never a decision, never a business rule."""
