"""Inbound rules: which rule wins for a text, and where it leads at that moment."""
