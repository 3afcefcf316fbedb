"""Coming back to a broker that was away: soon after it is there again, however long it was."""

from __future__ import annotations

from typing import Any

from celery.app.amqp import AMQP
from kombu import Connection

# Seconds between two tries, from the second on.
_PAUSE = 2.0


class SteadyConnection(Connection):
    """Connection that is tried at the same pace all the time.

    Celery's workers wait longer after each try in vain, 2, 4, 6 … to 30 seconds, and nothing sets
    it: after a minute's outage all texts stood still for up to 16 seconds more.
    """

    def ensure_connection(self, *args: Any, **pace: Any) -> Any:
        """Try until there is a broker; what kombu tries by itself, for who publishes, stays."""
        pace |= {"interval_start": 1.0, "interval_step": 1.0, "interval_max": _PAUSE}
        return super().ensure_connection(*args, **pace)


class SteadyAMQP(AMQP):
    """Celery's own, with that connection."""

    Connection = SteadyConnection
