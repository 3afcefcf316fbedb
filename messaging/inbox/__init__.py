"""The inbox: conversations read and answered in a browser, on a desk or a phone."""
