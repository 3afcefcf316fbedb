"""Celery's doors into the flows. The tenant's schema is the first argument of each tenant task."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from celery import shared_task
from django.db import close_old_connections

from messaging import due, queue, sweeps, usage
from messaging.broadcasts import runner
from messaging.delivery import attempt, handing_over, lookup
from messaging.exports import writer
from messaging.inbound import drain
from messaging.mail import outgoing
from messaging.media import attachments
from messaging.push import outgoing as notifications
from messaging.retention import erasing, nightly, whole_tenant
from providers import bell
from providers import retention as old_events
from tenants import removal
from tenants import retention as kept
from tenants.context import TenantUnavailable, entered
from tenants.models import Tenant

# Runs wait for each other tenant by tenant. In a flood of receipts they would take all threads
# of a worker, and replies none.
_MOST_DRAINS = 2
_drains = threading.BoundedSemaphore(_MOST_DRAINS)
_rung_meanwhile = threading.Event()
# Threads of their own: a run visits all tenants, and what PostgreSQL has to learn of each schema it
# learns by connection. Each of the worker's threads has one, and would be slow at every tenant.
_drainers = ThreadPoolExecutor(_MOST_DRAINS, thread_name_prefix="drain")


@shared_task(name=queue.ROUTE_EVENTS)
def route_webhook_events() -> None:
    """Drain the webhook inbox into the tenants, unless enough runs of this process do."""
    _rung_meanwhile.set()
    while _rung_meanwhile.is_set() and _drains.acquire(blocking=False):
        try:
            _rung_meanwhile.clear()
            _drainers.submit(_drain).result()
        finally:
            _drains.release()


def _drain() -> None:
    close_old_connections()  # as Celery does in its own threads
    bell.heard()
    drain.drain()


@shared_task(name=queue.DELIVER)
def deliver_message(schema_name: str, message_id: str) -> None:
    """Hand one queued message to its carrier."""
    with entered(schema_name):
        attempt.deliver(UUID(message_id))


@shared_task(name=queue.DELIVER_BULK)
def deliver_bulk_message(schema_name: str, message_id: str) -> None:
    """Hand one text of a broadcast to its carrier."""
    with entered(schema_name):
        attempt.deliver(UUID(message_id))


@shared_task(name=queue.DELIVER_DUE)
def deliver_due(schema_name: str) -> None:
    """Hand what is due of one tenant to its carriers, many messages at a time."""
    handing_over.take_turn(queue.DELIVER, schema_name)


@shared_task(name=queue.DELIVER_DUE_BULK)
def deliver_due_bulk(schema_name: str) -> None:
    """Hand what is due of one tenant's broadcasts to its carriers, many messages at a time."""
    handing_over.take_turn(queue.DELIVER_BULK, schema_name)


@shared_task(name=queue.LOOK_UP)
def look_up_message(schema_name: str, message_id: str) -> None:
    """Ask the carrier's own list about one message of unknown fate."""
    with entered(schema_name):
        lookup.look_up(UUID(message_id))


@shared_task(name=queue.FETCH_MEDIA)
def fetch_media(schema_name: str, attachment_id: str) -> None:
    """Copy one attachment from the carrier, who keeps it for two days only."""
    with entered(schema_name):
        attachments.fetch(UUID(attachment_id))


@shared_task(name=queue.SEND_MAIL)
def send_mail(schema_name: str, mail_id: str) -> None:
    """Hand one message to the mail server."""
    with entered(schema_name):
        outgoing.send(int(mail_id))


@shared_task(name=queue.PUSH)
def push_message(schema_name: str, message_id: str) -> None:
    """Tell people's phones and desks of one inbound text."""
    with entered(schema_name):
        notifications.push(UUID(message_id))


@shared_task(name=queue.PUSH_NOTE)
def push_note(schema_name: str, note_id: str) -> None:
    """Tell colleagues of a note that mentions them."""
    with entered(schema_name):
        notifications.push_note(int(note_id))


@shared_task(name=queue.RUN_BROADCAST)
def run_broadcast(schema_name: str, broadcast_id: str) -> None:
    """Write the next messages of one broadcast."""
    with entered(schema_name):
        runner.run(UUID(broadcast_id))


@shared_task(name=queue.RUN_EXPORT)
def run_export(schema_name: str, export_id: str) -> None:
    """Write one spreadsheet that somebody asked for."""
    with entered(schema_name):
        writer.run(UUID(export_id))


@shared_task(name=queue.DELETE_OLD)
def delete_old(schema_name: str) -> None:
    """Delete what one tenant keeps no longer, for one turn; others wait for theirs."""
    with entered(schema_name) as tenant:
        if nightly.run(tenant):
            queue.visit(queue.DELETE_OLD, schema_name)


@shared_task(name=queue.ERASE)
def erase_person(schema_name: str, erasure_id: str) -> None:
    """Erase what one tenant has of one person."""
    with entered(schema_name):
        erasing.run(UUID(erasure_id))


@shared_task(name=removal.REMOVE_TASK)
def remove_tenant(schema_name: str) -> None:
    """Remove one tenant for good, which nobody can enter any more."""
    whole_tenant.remove(schema_name)


@shared_task(name="messaging.delete_old_everywhere")
def delete_old_everywhere() -> None:
    """Have the tenants looked after where it is night."""
    for schema_name in kept.at_night():
        queue.visit(queue.DELETE_OLD, schema_name)


@shared_task(name="messaging.forget_events")
def forget_events(after: int = 0) -> None:
    """Delete webhook events that are too old, for one turn."""
    next_after = old_events.forget_events(after)
    if next_after is not None:
        forget_events.delay(next_after)


@shared_task(name="messaging.sweep_tenants")
def sweep_tenants() -> None:
    """Find what no task was rung for, tenant by tenant."""
    open_tenants = Tenant.objects.filter(is_active=True, state=Tenant.State.READY)
    names = list(open_tenants.values_list("schema_name", flat=True))
    for schema_name in due.with_work(names):
        try:
            with entered(schema_name):
                sweeps.sweep()
        except TenantUnavailable:
            continue  # suspended since the list was read


@shared_task(name="messaging.count_usage")
def count_usage() -> None:
    """Keep the daily figures of all tenants."""
    usage.count_tenants()
