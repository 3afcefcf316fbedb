"""Ringing for the router: tell Celery that events are waiting, from a thread of its own.

The stored row is the queue. A bell that is not heard costs a moment, until the sweep on beat
finds the row; a bell that blocks would cost the carrier's patience.
"""

from __future__ import annotations

import logging
import threading

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from providers.valkey import impatient

logger = logging.getLogger(__name__)

ROUTE_TASK = "messaging.route_webhook_events"
_INTERVAL = 0.02  # seconds; at most one bell in this time, the last one never lost
# Set while a routing run is asked for and has not begun: it will find what is stored by now.
_PENDING_KEY = "trunkline:bell"
_PENDING_MS = 2000  # a run that was lost is asked for again after this, and by the sweep
_PATIENCE = 0.2

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


def heard() -> None:
    """Let the next bell ring again; a routing run calls this before it looks for events.

    What was stored before this is found by that run, what is stored later rings anew.
    """
    try:
        impatient(settings.REDIS_URL, seconds=_PATIENCE).delete(_PENDING_KEY)
    except (redis.RedisError, OSError) as error:
        logger.warning("bell not taken down: %s", type(error).__name__)


def ring_now() -> None:
    """Publish the routing task; a queue that is down is logged and left to the sweep."""
    try:
        current_app.send_task(ROUTE_TASK, retry=False, expires=60)
    except (OperationalError, OSError) as error:
        logger.warning("bell not heard, the sweep will route: %s", type(error).__name__)


def _ring_forever() -> None:
    pause = threading.Event()
    while True:
        _rung.wait()
        _rung.clear()
        if not _is_pending():
            ring_now()
        pause.wait(_INTERVAL)


def _is_pending() -> bool:
    """Claim the bell; True = another process rang, and no run has begun since."""
    try:
        server = impatient(settings.REDIS_URL, seconds=_PATIENCE)
        return not server.set(_PENDING_KEY, 1, nx=True, px=_PENDING_MS)
    except (redis.RedisError, OSError):
        return False  # the queue may live elsewhere
