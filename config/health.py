"""Whether this process can do its work, for load balancers, `manage.py up` and system admins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from kombu.exceptions import OperationalError

from config.local import is_rabbitmq

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
    """Ask Valkey, and the broker where that is another, for a sign of life: ok or down."""
    try:
        with _queue_server() as client:
            client.ping()
        if is_rabbitmq(settings.CELERY_BROKER_URL):
            with _rabbitmq() as connection:
                connection.connect()
    except (redis.RedisError, OperationalError, OSError):
        return "down"
    return "ok"


def queue_depths() -> dict[str, int] | None:
    """Count the tasks that wait in each queue; None when the queue is not reachable."""
    try:
        if is_rabbitmq(settings.CELERY_BROKER_URL):
            with _rabbitmq() as connection:
                return {name: _rabbitmq_depth(connection, name) for name in QUEUES}
        with _queue_server() as client:
            return {name: int(client.llen(name)) for name in QUEUES}
    except (redis.RedisError, OperationalError, OSError):
        return None


@contextmanager
def _rabbitmq() -> Iterator[Any]:
    # Kombu's types say less than it does.
    connection: Any = current_app.connection_for_read(connect_timeout=0.5)
    with connection, connection._reraise_as_library_errors():
        yield connection


def _rabbitmq_depth(connection: Any, name: str) -> int:
    # A channel each: asking for a queue that no worker made yet ends it.
    channel = connection.channel()
    try:
        return int(channel.queue_declare(name, passive=True).message_count)
    except connection.channel_errors:
        return 0


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
