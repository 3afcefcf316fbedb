"""Abuse: hostile bodies, connections and calls against the product (`make fuzz`)."""
