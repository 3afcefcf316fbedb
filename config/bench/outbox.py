"""Messages that wait to be sent, by the thousand: copies of one that the product has written."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from psycopg import sql

from config.bench.doors import schema_of
from messaging import queue
from messaging.models import Message
from messaging.models.message import Status
from messaging.outbound.send import send_message
from tenants.context import entered
from tenants.memberships import add_member
from tenants.models import Membership, Tenant
from tenants.roles import Role

_TEXT = "Your order is ready: collect it until Friday, the shop is open from nine to five."


def admin_of(place: int) -> Membership:
    """Return the admin of the tenant at a place, made if need be."""
    tenant = Tenant.objects.get(schema_name=schema_of(place))
    known = tenant.memberships.first()
    return known or add_member(tenant, f"admin@{tenant.slug}.example", role="admin")


def write(place: int, count: int, *, first_number: int) -> None:
    """Queue so many messages of one tenant, each to somebody else, and ring for none."""
    admin = admin_of(place)
    with entered(admin.tenant.schema_name) as tenant, transaction.atomic():
        model = send_message(
            user=admin.user,
            role=Role.ADMIN,
            tenant=tenant,
            sender="",
            recipients=[f"+1512{first_number:07}"],
            text=_TEXT,
        )
        # The bell for the model goes with the others': nothing may leave before.
        connection.run_on_commit = []
        _copy(model, count - 1, first_number=first_number)


def ring(place: int) -> int:
    """Ring for each queued message of a tenant; return how many."""
    with entered(schema_of(place)):
        waiting = Message.objects.filter(direction=Message.Direction.OUT, status=Status.QUEUED)
        messages = list(waiting.order_by("created_at"))
        # A bell that was rung before, for a queue that was emptied, keeps none from being heard.
        queue.heard(queue.DELIVER, schema_of(place))
        with transaction.atomic():
            for message in messages:
                queue.enqueue_delivery(message)
    return len(messages)


def cancel(place: int) -> None:
    """Take back what a tenant's carrier was not asked to send in time."""
    with entered(schema_of(place)):
        waiting = Message.objects.filter(status__in=[Status.QUEUED, Status.SENDING])
        waiting.update(status=Status.CANCELED)


def _copy(model: Message, count: int, *, first_number: int) -> None:
    number = f"'+1512' || lpad(({first_number} + i)::text, 7, '0')"
    named: dict[str, Any] = {
        "model": model.pk,
        "conversation": model.conversation_id,
        "count": count,
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_copy")
        cursor.execute(
            "CREATE TEMP TABLE bench_copy ON COMMIT DROP AS"  # noqa: S608
            f" SELECT i, gen_random_uuid() AS id, {number} AS number,"
            " nextval(pg_get_serial_sequence('messaging_conversation', 'id')) AS conversation_id"
            " FROM generate_series(1, %(count)s) AS i",
            named,
        )
        _like(
            cursor,
            "messaging_conversation",
            "source.id = %(conversation)s",
            {"id": "copy.conversation_id", "participants_key": "copy.number"},
            named,
        )
        _like(
            cursor,
            "messaging_message",
            "source.id = %(model)s",
            {"id": "copy.id", "conversation_id": "copy.conversation_id"},
            named,
        )
        _like(
            cursor,
            "messaging_recipient",
            "source.message_id = %(model)s",
            {"id": None, "message_id": "copy.id", "number": "copy.number"},
            named,
        )


def _like(
    cursor: Any, table: str, where: str, changed: dict[str, str | None], named: dict[str, Any]
) -> None:
    """Insert a row like the source for each copy; a column changed to None is left to itself."""
    described = connection.introspection.get_table_description(cursor, table)
    columns = [column.name for column in described if changed.get(column.name, "") is not None]
    statement = sql.SQL(
        f"INSERT INTO {{table}} ({{columns}}) SELECT {{chosen}} FROM bench_copy AS copy,"  # noqa: S608
        f" {{table}} AS source WHERE {where}"
    ).format(
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        chosen=sql.SQL(", ").join(
            sql.SQL(changed[name] or "") if name in changed else sql.Identifier("source", name)
            for name in columns
        ),
    )
    cursor.execute(statement.as_string(None), named)
