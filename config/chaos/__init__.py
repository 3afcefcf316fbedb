"""Faults on purpose: real programs are killed under traffic, then every promise is counted."""
