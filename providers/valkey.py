"""Asking Valkey for what is worth a moment and no more: bells and news that a sweep makes good."""

from __future__ import annotations

from functools import lru_cache

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


@lru_cache(maxsize=8)
def impatient(url: str, *, seconds: float) -> redis.Redis:
    """Return a client that gives up after so many seconds, and tries nothing twice."""
    return redis.Redis.from_url(
        url,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
    )
