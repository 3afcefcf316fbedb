"""Handing messages to carriers, and what carriers say became of them."""
