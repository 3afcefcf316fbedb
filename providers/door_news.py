"""Telling the other processes over Valkey that a webhook address changed, and hearing of it.

News that are lost cost some seconds: nobody remembers an address for longer.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from providers.valkey import impatient

logger = logging.getLogger(__name__)

Forget = Callable[[bytes | None], None]

_CHANNEL = "trunkline:webhook-addresses"
_EVERYTHING = "*"
_PATIENCE = 0.3
_PAUSE = 2.0

_start = threading.Lock()
_listener: threading.Thread | None = None


def tell(key: bytes | None) -> None:
    """Let every process look an address up anew; None = all of them. Never fails."""
    try:
        impatient(settings.REDIS_URL, seconds=_PATIENCE).publish(
            _CHANNEL, _EVERYTHING if key is None else key.hex()
        )
    except (redis.RedisError, OSError) as error:
        logger.warning("change of a webhook address not told: %s", type(error).__name__)


def listen(forget: Forget) -> None:
    """Hear the news from now on, in a thread of its own."""
    global _listener  # noqa: PLW0603  # one listener per process, made on first use
    if _listener is None or not _listener.is_alive():
        with _start:
            if _listener is None or not _listener.is_alive():
                _listener = threading.Thread(
                    target=_listen_forever, args=(forget,), name="door-news", daemon=True
                )
                _listener.start()


def _listen_forever(forget: Forget) -> None:
    pause = threading.Event()
    while True:
        began = time.monotonic()
        try:
            _listen(forget)
        except (redis.RedisError, OSError) as error:
            if time.monotonic() - began > _PAUSE:  # or an outage is told of at each try
                logger.warning("news of webhook addresses interrupted: %s", type(error).__name__)
        # What happened since is not known.
        forget(None)
        pause.wait(_PAUSE)


def _listen(forget: Forget) -> None:
    server = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=_PATIENCE,
        health_check_interval=10,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
    with server, server.pubsub() as channel:  # type: ignore[no-untyped-call]  # redis-py
        channel.subscribe(_CHANNEL)
        while True:
            # The timeout lets the health check find a connection that died silently.
            message = channel.get_message(timeout=5)
            if message is None:
                continue
            if message["type"] == "subscribe":
                forget(None)
            elif message["type"] == "message":
                forget(_key_of(message["data"]))


def _key_of(data: str) -> bytes | None:
    try:
        return bytes.fromhex(data)
    except ValueError:
        return None


def _forget_listener() -> None:
    # A child of this process has none of its threads.
    global _listener, _start
    _listener, _start = None, threading.Lock()


os.register_at_fork(after_in_child=_forget_listener)
