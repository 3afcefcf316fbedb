"""Live hints: what open pages cost the events process, and how soon all are told."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from config.bench.doors import door, schema_of
from config.bench.figures import Figure, Goal
from config.bench.listeners import Pages
from config.bench.population import populate
from config.bench.run import Run
from config.bench.servers import events
from messaging import live
from messaging.conversations import conversation_with
from tenants.context import entered

_HINTS = 5
_CHANNEL = "bench:yardstick"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    """One process with all its pages open."""

    mb_per_thousand: float
    event_seconds: float  # the slowest hint's
    database_connections: int


def measure(run: Run) -> list[Figure]:
    """Open the pages of one tenant, each time at a new process, and change a conversation."""
    populate(run, 1)
    count = run.sized(2000, 200)
    found, pings = run.interleaved([lambda _: _pages(run, count), lambda _: _ping()])
    return [
        Figure(
            key="sse_mb_per_1000",
            title=f"Memory for 1,000 open pages, of {count:,}",
            unit="MB",
            goal=Goal(at_most=100),
            values=tuple(one.mb_per_thousand for one in found),
        ),
        Figure(
            key="sse_event_s",
            title=f"A change told to {count:,} pages, slowest of {_HINTS}",
            unit="s",
            goal=Goal(at_most=1),
            values=tuple(one.event_seconds for one in found),
            yardstick=tuple(pings),
            yardstick_title="one subscriber",
        ),
        Figure(
            key="sse_database_connections",
            title="Database connections held for them",
            unit="",
            goal=Goal(at_most=0),
            values=tuple(float(one.database_connections) for one in found),
        ),
    ]


def _pages(run: Run, count: int) -> _Watched:
    # Of as many people: nobody has thousands of pages open.
    first, *tokens = (live.token(schema_of(1), person, None) for person in range(count + 1))
    with events(run) as server, Pages() as pages:
        # What the first page needs is not the pages' price.
        pages.open(server.port, [first])
        before = server.memory_mb
        pages.open(server.port, tokens)
        grown = server.memory_mb - before
        connections = _other_connections()
        seconds = []
        for hint in range(1, _HINTS + 1):
            began = time.monotonic()
            _hint()
            seconds.append(pages.told(hint) - began)
    watched = _Watched(
        mb_per_thousand=grown / count * 1000,
        event_seconds=max(seconds),
        database_connections=connections,
    )
    run.say(f"{count:,} pages: {watched.mb_per_thousand:.1f} MB per 1,000")
    return watched


def _hint() -> None:
    with entered(schema_of(1)):
        live.hint(conversation_with(door(1).number, {"+15125550300"}, at=timezone.now()))


def _other_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def _ping() -> float:
    """Return how long Valkey takes to tell one subscriber."""
    client: Any = redis.Redis.from_url(settings.REDIS_URL)
    seconds = []
    with client, client.pubsub() as subscriber:
        subscriber.subscribe(_CHANNEL)
        subscriber.get_message(timeout=5)
        for _ in range(_HINTS):
            began = time.monotonic()
            client.publish(_CHANNEL, b"{}")
            subscriber.get_message(timeout=5)
            seconds.append(time.monotonic() - began)
    return statistics.median(seconds)
