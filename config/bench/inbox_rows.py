"""The webhook inbox as the router finds it: filled by the thousand, and watched while it drains."""

from __future__ import annotations

import time
import urllib.request
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

from config.bench import posts
from config.bench.doors import Door, schema_of
from config.bench.run import NotMeasured
from config.bench.servers import Server
from providers import bell
from providers.models import WebhookEvent

_PENDING = "SELECT count(*) FROM providers_webhookevent WHERE state = 'pending'"
_BELL_EVERY = 2.0  # as beat rings
_CUSTOMERS = 1000
_SOURCE = "bench_source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """How many events were routed in how long, and whether all were."""

    events: int
    seconds: float
    is_all: bool

    @property
    def per_second(self) -> float:
        """The rate."""
        return self.events / self.seconds


def post(server: Server, door: Door, *, message_id: str, customer: str) -> None:
    """Post one event through the web door, as the carrier does.

    Raises NotMeasured when it is refused.
    """
    post_body(server, door, posts.body(door.number, message_id=message_id, customer=customer))


def post_body(server: Server, door: Door, text: str) -> None:
    """Post any callback through the web door. Raises NotMeasured when it is refused."""
    body = text.encode()
    request = urllib.request.Request(  # our own address
        f"http://127.0.0.1:{server.port}{door.path}",
        data=body,
        headers=posts.headers(len(body)),
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=15) as response:  # noqa: S310
        if response.status != 200:
            raise NotMeasured(f"an event was answered {response.status}")


def keep(row: int, name: str = _SOURCE) -> None:
    """Keep a stored event as the one that others are made from."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {name}")
        cursor.execute(
            f"CREATE TEMP TABLE {name} AS"  # noqa: S608
            " SELECT * FROM public.providers_webhookevent WHERE id = %s",
            [row],
        )


def kept(name: str = _SOURCE) -> tuple[str, posts.Identity]:
    """Return the kept event's payload, and what is to be replaced in it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT payload FROM {name}")  # noqa: S608
        payload = bytes(cursor.fetchone()[0]).decode()
    return payload, posts.identity_of(payload)


def event_columns(cursor: Any) -> list[str]:
    """Name the columns of an event, whatever they are in this release."""
    table = WebhookEvent._meta.db_table
    described = connection.introspection.get_table_description(cursor, table)
    return [column.name for column in described if column.name != "id"]


def like(statement: str, changed: dict[str, str]) -> str:
    """Fill a statement in that stores rows like the source, but for what is changed."""
    with connection.cursor() as cursor:
        columns = event_columns(cursor)
    chosen = sql.SQL(", ").join(
        sql.SQL(changed[name]) if name in changed else sql.Identifier("source", name)
        for name in columns
    )
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL(statement).format(columns=named, chosen=chosen).as_string(None)


def store_like_it(*, count: int, tenants: int) -> None:
    """Store events of so many tenants, each like the kept text.

    What tells them apart is replaced within its payload: whatever form intake gives a row, these
    have it too.
    """
    payload, known = kept()
    values: dict[str, Any] = {
        "prefix": posts.prefix(),
        "payload": payload,
        "id": known.message_id,
        "number": known.number,
        "customer": known.customer,
        "customers": _CUSTOMERS,
        "count": count,
        "tenants": tenants,
    }
    with connection.cursor() as cursor:
        cursor.execute(like(_STORE, _CHANGED), values)
        cursor.execute("ANALYZE providers_webhookevent")


_STORE = """
WITH door AS (
  SELECT row_number() OVER (ORDER BY t.slug) - 1 AS place, t.id AS tenant_id, e.id AS endpoint_id,
    n.number
  FROM tenants_tenant t
  JOIN tenants_webhookendpoint e ON e.tenant_id = t.id
  JOIN tenants_phonenumber n ON n.tenant_id = t.id
  WHERE t.slug LIKE 'bench-%%' ORDER BY t.slug LIMIT %(tenants)s
), event AS (
  SELECT i, %(prefix)s || lpad(to_hex(i), 16, '0') AS message_id,
    lpad(((i * 7919) %% %(customers)s)::text, 4, '0') AS customer, door.*
  FROM generate_series(1, %(count)s) i JOIN door ON door.place = i %% %(tenants)s
)
INSERT INTO providers_webhookevent ({columns})
SELECT {chosen} FROM event, bench_source AS source ORDER BY i
"""
_CHANGED = {
    "dedupe_key": "decode(md5(event.message_id), 'hex')",
    "tenant_id": "event.tenant_id",
    "endpoint_id": "event.endpoint_id",
    "received_at": "clock_timestamp()",
    "payload": (
        "convert_to(replace(replace(replace(%(payload)s, %(id)s, event.message_id),"
        " %(number)s, event.number), %(customer)s, '+1512555' || event.customer), 'UTF8')"
    ),
}


def pending() -> int:
    """Count the events that wait."""
    with connection.cursor() as cursor:
        cursor.execute(_PENDING)
        return int(cursor.fetchone()[0])


def watch(*, began: float, waiting: int, within: float, enough: int | None = None) -> Drained:
    """Wait until all events, or `enough` of them, are routed, or the time is over.

    `began` is on the monotonic clock.
    """
    wanted = waiting if enough is None else enough
    next_bell = 0.0
    while True:
        now = time.monotonic()
        if now >= next_bell:
            ring()
            next_bell = now + _BELL_EVERY
        left = pending()
        seconds = time.monotonic() - began
        if waiting - left >= wanted or seconds > within:
            return Drained(events=waiting - left, seconds=seconds, is_all=left == 0)
        time.sleep(0.05)


def ring() -> None:
    """Ask for a routing run."""
    bell.ring_now()


def conversation_messages(tenants: int) -> int:
    """Count the inbound messages of the tenants."""
    total = 0
    with connection.cursor() as cursor:
        for start in range(1, tenants + 1, 100):
            part = " UNION ALL ".join(
                f"SELECT count(*) AS n FROM {schema_of(place)}.messaging_message"  # noqa: S608
                " WHERE direction = 'in'"
                for place in range(start, min(start + 100, tenants + 1))
            )
            cursor.execute(f"SELECT sum(n) FROM ({part}) AS counted")  # noqa: S608
            total += int(cursor.fetchone()[0])
    return total


def largest_backend_mb() -> float:
    """Return the private memory of the largest other connection's process on the server."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return max((_private_mb(pid) for (pid,) in cursor.fetchall()), default=0.0)


def _private_mb(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                if line.startswith("Anonymous:"):
                    return int(line.split()[1]) / 1000
    except OSError:
        pass  # another machine's, or another user's
    return 0.0
