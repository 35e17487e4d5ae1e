"""Composition: the only room that reads settings and chooses engines. Open, plan, apply, run, supervise. Never data handling."""
