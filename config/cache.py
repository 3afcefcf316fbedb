"""The cache, which a site must outlive: sign-in counts its tries in it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

logger = logging.getLogger(__name__)

_DOWN = (RedisConnectionError, RedisTimeoutError, OSError)


def _surviving(name: str) -> Callable[..., Any]:
    shared = getattr(RedisCache, name)

    def operate(self: SurvivingCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return shared(self, *args, **kwargs)
        except _DOWN as error:
            logger.warning("cache server away: %s", type(error).__name__)
            return getattr(self._memory, name)(*args, **kwargs)

    operate.__name__ = name
    return operate


class SurvivingCache(RedisCache):
    """Shared cache that falls back on the process's memory while the server is away.

    Tries at the sign-in stay limited then, per process instead of per site.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        self._memory = LocMemCache("surviving-cache", {**params, "OPTIONS": {}})
        super().__init__(server, params)

    add = _surviving("add")
    get = _surviving("get")
    set = _surviving("set")
    touch = _surviving("touch")
    delete = _surviving("delete")
    incr = _surviving("incr")
    has_key = _surviving("has_key")
    get_many = _surviving("get_many")
    set_many = _surviving("set_many")
    delete_many = _surviving("delete_many")
    clear = _surviving("clear")
