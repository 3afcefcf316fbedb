"""Bandwidth Messaging v2: plain Python on `requests`, no Django."""
