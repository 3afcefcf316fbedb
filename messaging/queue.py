"""Handing work to Celery. The rows are the queue: a task lost or not taken is found by a sweep.

A queued message is rung for by `enqueue_delivery(message)`, or by `enqueue(deliver_task(origin),
key)` where only its columns are at hand: texts of a broadcast have a queue of their own, so that
they never stand before a reply. Those that may leave at once share one task of their tenant, which
is asked for once until it begins.
"""

from __future__ import annotations

import logging
from uuid import UUID

import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from messaging.models import Message
from providers.valkey import impatient
from tenants.schema import tenant_connection

logger = logging.getLogger(__name__)

ROUTE_EVENTS = "messaging.route_webhook_events"
DELIVER = "messaging.deliver_message"
LOOK_UP = "messaging.look_up_message"
DELIVER_BULK = "messaging.deliver_bulk_message"
DELIVER_DUE = "messaging.deliver_due"
DELIVER_DUE_BULK = "messaging.deliver_due_bulk"
FETCH_MEDIA = "messaging.fetch_media"
SEND_MAIL = "messaging.send_mail"
RUN_EXPORT = "messaging.run_export"
RUN_BROADCAST = "messaging.run_broadcast"
PUSH = "messaging.push_message"
PUSH_NOTE = "messaging.push_note"
ERASE = "messaging.erase_person"
DELETE_OLD = "messaging.delete_old"


_WHOLE = {DELIVER: DELIVER_DUE, DELIVER_BULK: DELIVER_DUE_BULK}
_RUNG = "trunkline:rung:{}:{}"
_RUNG_MS = 5000  # a task that was lost is asked for again after this
_PATIENCE = 0.2


def deliver_task(origin: str) -> str:
    """Name the task that hands a message of this origin to its carrier."""
    return DELIVER_BULK if origin == Message.Origin.BROADCAST else DELIVER


def enqueue_delivery(message: Message, *, delay: float | None = None) -> None:
    """Ring for a queued message after the commit, in the queue of its origin."""
    enqueue(deliver_task(message.origin), message.pk, delay=delay)


def enqueue(task: str, key: UUID | int, *, delay: float | None = None) -> None:
    """Run the task for a row of the current schema after the commit, `delay` seconds later."""
    schema = tenant_connection.schema_name
    transaction.on_commit(lambda: publish(task, schema, key, delay=delay))


def publish(task: str, schema_name: str, key: UUID | int, *, delay: float | None = None) -> None:
    """Publish at once; a queue that is down is logged and left to the sweep."""
    if task in _WHOLE and not delay:
        ring(task, schema_name)
    else:
        _send(task, schema_name, str(key), delay=delay)


def visit(task: str, schema_name: str) -> None:
    """Ask for a task that looks after one tenant as a whole."""
    _send(task, schema_name)


def ring(task: str, schema_name: str, *, delay: float | None = None) -> None:
    """Ask for all of the tenant's messages that are due, unless that is asked for already."""
    if delay or not _is_rung(task, schema_name):
        _send(_WHOLE[task], schema_name, delay=delay)


def heard(task: str, schema_name: str) -> None:
    """Let the next ring be heard; called before the tenant's messages are looked at."""
    try:
        impatient(settings.REDIS_URL, seconds=_PATIENCE).delete(_RUNG.format(schema_name, task))
    except (redis.RedisError, OSError) as error:
        logger.warning("bell not taken down: %s", type(error).__name__)
        # Whoever rings until it falls silent by itself is not heard.
        ring(task, schema_name, delay=_RUNG_MS / 1000)


def _is_rung(task: str, schema_name: str) -> bool:
    try:
        server = impatient(settings.REDIS_URL, seconds=_PATIENCE)
        return not server.set(_RUNG.format(schema_name, task), 1, nx=True, px=_RUNG_MS)
    except (redis.RedisError, OSError):
        return False  # the queue may live elsewhere


def _send(task: str, *args: str, delay: float | None = None) -> None:
    try:
        current_app.send_task(task, args=list(args), countdown=delay, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("%s not queued, the sweep will find it: %s", task, type(error).__name__)
