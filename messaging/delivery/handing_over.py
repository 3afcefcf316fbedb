"""One turn of a tenant: as many of its due messages as there is room for, then the next tenant."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from uuid import UUID

from celery.signals import worker_shutdown
from django.conf import settings
from django.db import close_old_connections

from messaging import queue
from messaging.delivery import attempt, lane
from messaging.delivery.crew import Crew
from messaging.delivery.lane import Batch
from tenants.context import entered
from tenants.schema import tenant_connection

logger = logging.getLogger(__name__)

_MOST = 64  # in one turn
# Of a broadcast whose account fails, no more than these fail before it is paused.
_AT_ONCE = {queue.DELIVER_BULK: 64}
_SOON = 0.5  # seconds until whoever works on a thread is done with it

# A thread of its own: what PostgreSQL has to learn of each tenant's schema it learns by connection,
# and claims that compete for the processor make each other's batches small.
_claimer = ThreadPoolExecutor(1, thread_name_prefix="claim")


@cache
def crew() -> Crew:
    """Return the threads of this process, started when first needed."""
    return Crew(settings.SENDING_THREADS)


def take_turn(task: str, schema_name: str) -> None:
    """Do all of a tenant's turn; runs in no tenant, in any thread."""
    batch = _claimer.submit(_begin, task, schema_name).result()
    if batch.single:
        with entered(schema_name):
            end_turn(task, batch)


def _begin(task: str, schema_name: str) -> Batch:
    close_old_connections()  # as Celery does in its own threads
    with entered(schema_name):
        batch = begin_turn(task)
        if not batch.single:
            end_turn(task, batch)
        return batch


def begin_turn(task: str) -> Batch:
    """Claim the current tenant's due messages of a queue and have their carriers asked."""
    schema = tenant_connection.schema_name
    queue.heard(task, schema)
    room = crew().reserve(schema, _MOST, task=task, at_once=_AT_ONCE.get(task))
    if not room:
        return Batch()
    batch = Batch()
    try:
        batch = _take(task, room)
    finally:
        crew().release(schema, room - len(batch.jobs))
    crew().hand_over(batch.jobs)
    if batch.is_full:
        queue.ring(task, schema)
    return batch


def end_turn(task: str, batch: Batch) -> None:
    """Deliver what does not leave with others, and ring for what is left."""
    for key in batch.single:
        _deliver(key)
    if batch.has_more:
        queue.ring(task, tenant_connection.schema_name)
    elif batch.was_busy:
        queue.ring(task, tenant_connection.schema_name, delay=_SOON)


def _take(task: str, room: int) -> Batch:
    bulk = task == queue.DELIVER_BULK
    try:
        return lane.take(bulk=bulk, room=room)
    except lane.Locked:
        return Batch(was_busy=True)
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
