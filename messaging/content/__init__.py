"""Advice on what is written, before it is sent: never blocking, never changing a text by itself."""
