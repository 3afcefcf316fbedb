"""One turn of a tenant: as many of its due messages as there is room for, then the next tenant."""

from __future__ import annotations

import logging
from functools import cache
from uuid import UUID

from celery.signals import worker_shutdown
from django.conf import settings

from messaging import queue
from messaging.delivery import attempt, lane
from messaging.delivery.crew import Crew
from messaging.delivery.lane import Batch
from tenants.schema import tenant_connection

logger = logging.getLogger(__name__)

_MOST = 64  # in one turn
# Of a broadcast whose account fails, no more than these fail before it is paused.
_AT_ONCE = {queue.DELIVER_BULK: 64}
_SOON = 0.5  # seconds until whoever works on a thread is done with it


@cache
def crew() -> Crew:
    """Return the threads of this process, started when first needed."""
    return Crew(settings.SENDING_THREADS)


def hand_over(task: str) -> None:
    """Claim the current tenant's due messages of a queue and have their carriers asked."""
    schema = tenant_connection.schema_name
    queue.heard(task, schema)
    room = crew().reserve(schema, _MOST, task=task, at_once=_AT_ONCE.get(task))
    if not room:
        return
    batch = Batch()
    try:
        batch = _take(task, room)
    finally:
        crew().release(schema, room - len(batch.jobs))
    crew().hand_over(batch.jobs)
    if batch.is_full:
        queue.ring(task, schema)
    for key in batch.single:
        _deliver(key)
    if batch.has_more:
        queue.ring(task, schema)
    elif batch.was_busy:
        queue.ring(task, schema, delay=_SOON)


def _take(task: str, room: int) -> Batch:
    bulk = task == queue.DELIVER_BULK
    try:
        return lane.take(bulk=bulk, room=room)
    except Exception:  # the outermost edge of a batch's work: one message must not hold up all
        logger.exception("%s messages are delivered one by one", room)
        return Batch(single=lane.first_of_each_thread(bulk=bulk, limit=room))


def _deliver(key: UUID) -> None:
    try:
        attempt.deliver(key)
    except Exception:  # the outermost edge of a message's work
        logger.exception("message %s was not delivered", key)


@worker_shutdown.connect
def _finish(**_: object) -> None:
    if crew.cache_info().currsize:
        crew().finish()
