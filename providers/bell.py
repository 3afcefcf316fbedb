"""Ringing for the router: tell Celery that events are waiting, from a thread of its own.

The stored row is the queue. A bell that is not heard costs a moment, until the sweep on beat
finds the row; a bell that blocks would cost the carrier's patience.
"""

from __future__ import annotations

import logging
import threading

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

ROUTE_TASK = "messaging.route_webhook_events"
_INTERVAL = 0.02  # seconds; at most one bell in this time, the last one never lost

_rung = threading.Event()
_start = threading.Lock()
_ringer: threading.Thread | None = None


def ring() -> None:
    """Ask for a routing run soon. Never blocks, never fails."""
    global _ringer  # noqa: PLW0603  # one ringer per process, made on first use
    _rung.set()
    if _ringer is None or not _ringer.is_alive():
        with _start:
            if _ringer is None or not _ringer.is_alive():
                _ringer = threading.Thread(target=_ring_forever, name="bell", daemon=True)
                _ringer.start()


def _ring_forever() -> None:
    pause = threading.Event()
    while True:
        _rung.wait()
        _rung.clear()
        ring_now()
        pause.wait(_INTERVAL)


def ring_now() -> None:
    """Publish the routing task; a queue that is down is logged and left to the sweep."""
    try:
        current_app.send_task(ROUTE_TASK, retry=False, expires=60)
    except (OperationalError, OSError) as error:
        logger.warning("bell not heard, the sweep will route: %s", type(error).__name__)
