"""Handing work to Celery. The rows are the queue: a task lost or not taken is found by a sweep.

A queued message is rung for by `enqueue_delivery(message)`, or by `enqueue(deliver_task(origin),
key)` where only its columns are at hand: texts of a broadcast have a queue of their own, so that
they never stand before a reply.
"""

from __future__ import annotations

import logging
from uuid import UUID

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from messaging.models import Message
from tenants.schema import tenant_connection

logger = logging.getLogger(__name__)

ROUTE_EVENTS = "messaging.route_webhook_events"
DELIVER = "messaging.deliver_message"
LOOK_UP = "messaging.look_up_message"
DELIVER_BULK = "messaging.deliver_bulk_message"
FETCH_MEDIA = "messaging.fetch_media"
SEND_MAIL = "messaging.send_mail"
RUN_EXPORT = "messaging.run_export"
RUN_BROADCAST = "messaging.run_broadcast"
PUSH = "messaging.push_message"
PUSH_NOTE = "messaging.push_note"


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
    try:
        current_app.send_task(task, args=[schema_name, str(key)], countdown=delay, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("%s not queued, the sweep will find it: %s", task, type(error).__name__)
