"""Inbound texts that also go out by e-mail."""
