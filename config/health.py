"""Whether this process can do its work, for load balancers and `manage.py up`."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return "down"
    return "ok"


def _queue() -> str:
    try:
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5
        )
        with client:
            client.ping()
    except (redis.RedisError, OSError):
        return "down"
    return "ok"


@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Report on database and queue; 503 only without the database, for texts are still stored
    while the queue is down.
    """
    report = {"database": _database(), "queue": _queue()}
    return JsonResponse(report, status=200 if report["database"] == "ok" else 503)
