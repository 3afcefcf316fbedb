"""Receipts that wait among texts: each of a message that was sent and is delivered now."""

from __future__ import annotations

from django.db import connection
from psycopg import sql

from config.bench import inbox_rows, outbox, posts
from config.bench.doors import door, schema_of
from config.bench.servers import Server
from messaging.models import Message
from messaging.models.message import Status
from providers.models import WebhookEvent
from tenants.context import entered
from tenants.models import WebhookEndpoint

_SOURCE = "bench_receipt"

# As the worker leaves them once the carrier has answered.
_SENT = """
UPDATE messaging_recipient SET status = 'sent'
WHERE message_id IN (SELECT id FROM messaging_message WHERE status = 'queued');
UPDATE messaging_message SET status = 'sent', sent_at = now(), attempts = 1,
  next_attempt_at = NULL, provider_message_id = left(replace(id::text, '-', ''), 29)
WHERE status = 'queued'
"""
_STORE = """
INSERT INTO public.providers_webhookevent ({columns})
SELECT {chosen} FROM bench_receipt AS source, messaging_message AS message
JOIN messaging_recipient AS recipient ON recipient.message_id = message.id
WHERE message.status = 'sent'
"""
_CHANGED = {
    "dedupe_key": "decode(md5(message.provider_message_id), 'hex')",
    "tenant_id": "%(tenant)s",
    "endpoint_id": "%(endpoint)s",
    "received_at": "clock_timestamp()",
    "payload": (
        "convert_to(replace(replace(replace(%(payload)s, %(id)s, message.provider_message_id),"
        " %(number)s, %(ours)s), %(customer)s, recipient.number), 'UTF8')"
    ),
}
# One string: what is sent so is one transaction.
_SHUFFLED = """
CREATE TEMP TABLE bench_waiting ON COMMIT DROP AS SELECT {columns} FROM providers_webhookevent;
TRUNCATE providers_webhookevent;
INSERT INTO providers_webhookevent ({columns})
SELECT {columns} FROM bench_waiting ORDER BY dedupe_key;
ANALYZE providers_webhookevent
"""


def remember(server: Server) -> None:
    """Keep one receipt as intake stores it."""
    message_id = "1" * 29
    inbox_rows.post_body(
        server,
        door(1),
        posts.receipt(door(1).number, message_id=message_id, customer="0000"),
    )
    row = WebhookEvent.objects.get(type="message-delivered").pk
    inbox_rows.keep(row, _SOURCE)
    WebhookEvent.objects.filter(pk=row).delete()


def store(place: int, count: int, *, first_number: int) -> None:
    """Write so many messages of a tenant as sent, and store a receipt of each."""
    outbox.write(place, count, first_number=first_number)
    payload, known = inbox_rows.kept(_SOURCE)
    tenant_id = outbox.admin_of(place).tenant.pk
    endpoint = WebhookEndpoint.objects.get(tenant=tenant_id)
    statement = inbox_rows.like(_STORE, _CHANGED)
    with entered(schema_of(place)), connection.cursor() as cursor:
        cursor.execute(_SENT)
        cursor.execute(
            statement,
            {
                "tenant": tenant_id,
                "endpoint": endpoint.pk,
                "payload": payload,
                "id": known.message_id,
                "number": known.number,
                "ours": door(place).number,
                "customer": known.customer,
            },
        )


def shuffle() -> None:
    """Let what waits be in an order of no kind."""
    with connection.cursor() as cursor:
        columns = sql.SQL(", ").join(map(sql.Identifier, inbox_rows.event_columns(cursor)))
        cursor.execute(sql.SQL(_SHUFFLED).format(columns=columns).as_string(None))


def delivered(places: range) -> int:
    """Count the messages of tenants that are known to be delivered."""
    total = 0
    for place in places:
        with entered(schema_of(place)):
            total += Message.objects.filter(status=Status.DELIVERED).count()
    return total
