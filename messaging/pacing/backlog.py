"""How many tasks wait in Celery's queues, for those who would add to them."""

from __future__ import annotations

from messaging import queue
from messaging.pacing import buckets

_LONG = 5_000
_QUEUES = {queue.DELIVER: "messages", queue.DELIVER_BULK: "bulk"}


def is_long(task: str) -> bool:
    """Tell whether ringing once more for what may be in the queue would only make it longer."""
    try:
        return int(buckets.server().llen(_QUEUES[task])) > _LONG
    except buckets.AWAY:
        return False
