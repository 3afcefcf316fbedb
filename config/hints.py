"""The events process' half of live updates: from one Valkey connection to all open pages."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from messaging.live import CHANNEL_PREFIX

logger = logging.getLogger(__name__)

Hint = dict[str, int]

# Said when hints may have been missed: "fetch whatever you show".
EVERYTHING: Hint = {}

_QUEUE_LENGTH = 100
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0


class Listener:
    """One open page and what it has yet to be told."""

    def __init__(self, extension: str | None) -> None:
        self.extension = extension
        self.hints: asyncio.Queue[Hint] = asyncio.Queue(maxsize=_QUEUE_LENGTH)
        self.is_lagging = False

    def tell(self, hint: Hint) -> None:
        """Queue a hint; a page that takes none is given up, it polls and comes back."""
        try:
            self.hints.put_nowait(hint)
        except asyncio.QueueFull:
            self.is_lagging = True

    def may_hear(self, *extensions: str) -> bool:
        """Tell whether a change in these extensions' conversations is the listener's business."""
        return self.extension is None or bool(self.extension and self.extension in extensions)


class Hub:
    """Listens to Valkey once and tells the pages of the tenant concerned."""

    def __init__(self) -> None:
        self.subscribed = asyncio.Event()
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def listening(self, schema_name: str, extension: str | None) -> Iterator[Listener]:
        """Count a page among a tenant's listeners for the length of the block."""
        listener = Listener(extension)
        self._listeners[schema_name].add(listener)
        try:
            yield listener
        finally:
            self._listeners[schema_name].discard(listener)
            if not self._listeners[schema_name]:
                del self._listeners[schema_name]

    def ensure_running(self) -> None:
        """Start listening to Valkey unless that runs already in this event loop."""
        if self._task is None or self._task.done():
            self.subscribed = asyncio.Event()
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Let go of Valkey."""
        # More than once: the Redis client swallows a cancellation that meets it connecting.
        while self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=0.2)
        self._task = None

    async def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                pause = _FIRST_PAUSE if self.subscribed.is_set() else min(pause * 2, _LONGEST_PAUSE)
                self.subscribed.clear()
                logger.warning("live hints interrupted: %s", type(error).__name__)
                await asyncio.sleep(pause)

    async def _listen(self) -> None:
        client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL,
            socket_connect_timeout=2,
            health_check_interval=15,
        )
        async with client, client.pubsub() as channel:
            await channel.psubscribe(f"{CHANNEL_PREFIX}*")
            while True:
                # The timeout lets the health check find a connection that died silently.
                message = await channel.get_message(timeout=10)
                if message is None:
                    continue
                if message["type"] == "psubscribe":
                    self.subscribed.set()
                    self._tell_all(EVERYTHING)
                elif message["type"] == "pmessage":
                    self._pass_on(message)

    def _pass_on(self, message: dict[str, Any]) -> None:
        schema_name = message["channel"].decode().removeprefix(CHANNEL_PREFIX)
        try:
            body = json.loads(message["data"])
            hint: Hint = {"conversation": int(body["conversation"])}
            extensions = [str(body["extension"]), *map(str, body.get("others", ()))]
        except (ValueError, TypeError, KeyError):
            logger.warning("a hint that is none was dropped")
            return
        for listener in tuple(self._listeners.get(schema_name, ())):
            if listener.may_hear(*extensions):
                listener.tell(hint)

    def _tell_all(self, hint: Hint) -> None:
        for listeners in tuple(self._listeners.values()):
            for listener in tuple(listeners):
                listener.tell(hint)
