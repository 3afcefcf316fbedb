"""Whether this process can do its work, for load balancers, `manage.py up` and system admins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

# Celery's queues: a list each, under their names.
QUEUES = ("messages", "bulk", "slow")


def database_state() -> str:
    """Ask the database for a sign of life: ok or down."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return "down"
    return "ok"


def queue_state() -> str:
    """Ask the queue for a sign of life: ok or down."""
    try:
        with _queue_server() as client:
            client.ping()
    except (redis.RedisError, OSError):
        return "down"
    return "ok"


def queue_depths() -> dict[str, int] | None:
    """Count the tasks that wait in each queue; None when the queue is not reachable."""
    try:
        with _queue_server() as client:
            return {name: int(client.llen(name)) for name in QUEUES}
    except (redis.RedisError, OSError):
        return None


@contextmanager
def _queue_server() -> Iterator[Any]:
    # Short: a page that tells of a dead queue must not die of it.
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5
    )
    with client:
        yield client


@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Report on database and queue; 503 only without the database, for texts are still stored
    while the queue is down.
    """
    report = {"database": database_state(), "queue": queue_state()}
    return JsonResponse(report, status=200 if report["database"] == "ok" else 503)
