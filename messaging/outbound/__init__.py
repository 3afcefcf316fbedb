"""What a person asks to send: judged, refused with a reason, or stored and queued."""
