"""Kombu's Valkey transport, mended where a worker would end with the Valkey it works for."""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis


class Channel(redis.Channel):
    """Channel that may be closed twice, as Celery does when Valkey goes away under it."""

    def _connparams(self, *args: Any, **kwargs: Any) -> Any:
        # Closing gives unfinished tasks back. The second time there is no connection left to ask
        # for an address: kombu 5.7 stumbles over the None, and the worker ends instead of waiting.
        if self.connection.client is None:
            raise ConnectionError("closed already")
        return super()._connparams(*args, **kwargs)  # type: ignore[misc]


class Transport(redis.Transport):
    """Kombu's own, with that channel."""

    Channel = Channel


def install() -> None:
    """Have `redis://`, `rediss://` and `redis+socket://` mean this transport."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:Transport"
