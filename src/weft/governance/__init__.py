"""Judges who may do what and see what: decide, masks, row filters, policy, audit. Never HTTP."""
