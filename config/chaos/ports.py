"""Ports that stay ours while the program on them is away: nobody else looks for one there."""

from __future__ import annotations

from random import SystemRandom

from config.embedded import LocalError, PortInUse, require_free_port

# Apart from those that the bench, the demo and outgoing connections take.
_PORTS = range(15_000, 18_000)


def free_ports(count: int) -> list[int]:
    """Choose ports that nobody listens on, by chance: two runs at once shall not meet.

    Raises LocalError.
    """
    found: list[int] = []
    for port in SystemRandom().sample(_PORTS, len(_PORTS)):
        try:
            require_free_port(port, "PORT")
        except PortInUse:
            continue
        found.append(port)
        if len(found) == count:
            return found
    raise LocalError("no free port on this machine")
