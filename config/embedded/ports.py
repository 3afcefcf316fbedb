"""Ask for a free port before starting anything that needs it."""

from __future__ import annotations

import socket

from config.embedded.errors import PortInUse


def require_free_port(port: int, variable: str, *, host: str = "127.0.0.1") -> None:
    """Check that `port` can be listened on.

    Raises:
        PortInUse: it cannot; the message names the port and the variable that moves it.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As web servers do: connections of the last run still closing are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except PermissionError as error:
            message = f"port {port} needs more rights: set {variable} to a port above 1023"
            raise PortInUse(message) from error
        except (OSError, OverflowError) as error:
            message = f"port {port} is in use: stop that program or set {variable} to another port"
            raise PortInUse(message) from error
