"""The events process' half of live updates: from one Valkey connection to all open pages."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from config.streams import EVERYTHING, Audience, Stream
from messaging.hint_tokens import ENDINGS, ENDINGS_KEY, TOKEN_MAX_AGE, channel

logger = logging.getLogger(__name__)

PING_SECONDS = 20.0
# A page that takes nothing for so long is gone, or as good as gone.
SEND_SECONDS = 30.0
# Open pages of one person in one tenant; one more ends the oldest, which is often a phone's
# that went out of reach without a word.
MOST_PER_PERSON = 20

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
# All pages that fetch everything at the same time would be an attack on the web process.
_REFRESHES_PER_SECOND = 200
_LONGEST_SPREAD = 5.0


class Hub:
    """Listens to Valkey once and tells the pages of the tenant concerned."""

    def __init__(self) -> None:
        self.subscribed = asyncio.Event()
        self._audiences: defaultdict[tuple[str, str | None], Audience] = defaultdict(Audience)
        self._people: defaultdict[tuple[str, int], dict[Stream, int]] = defaultdict(dict)
        self._ended: dict[tuple[str, int], float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @contextmanager
    def listening(
        self,
        stream: Stream,
        schema_name: str,
        user_id: int,
        extension: str | None,
        *,
        signed_at: int = 0,
    ) -> Iterator[None]:
        """Count a page among a tenant's audience for the length of the block."""
        heard, person = (schema_name, extension), (schema_name, user_id)
        pages = self._people[person]
        if len(pages) >= MOST_PER_PERSON:
            next(iter(pages)).end()
        pages[stream] = signed_at
        self._audiences[heard].streams.add(stream)
        try:
            yield
        finally:
            del self._people[person][stream]
            if not self._people[person]:
                del self._people[person]
            self._audiences[heard].streams.discard(stream)
            if not self._audiences[heard].streams:
                del self._audiences[heard]

    def is_over(self, schema_name: str, user_id: int, signed_at: int) -> bool:
        """Tell whether the person was shut out since a token was signed, or in that second."""
        whom = ((schema_name, user_id), (schema_name, 0), ("", user_id))
        return any(signed_at <= self._ended.get(who, -1) for who in whom)

    def open_pages(self) -> int:
        """Count the open pages of all tenants."""
        return sum(len(audience.streams) for audience in self._audiences.values())

    def ensure_running(self) -> None:
        """Start listening to Valkey unless that runs already in this event loop."""
        if not any(not task.done() for task in self._tasks):
            self.subscribed = asyncio.Event()
            loop = asyncio.get_running_loop()
            self._tasks = {loop.create_task(self._run()), loop.create_task(self._tend())}

    async def stop(self) -> None:
        """Let go of Valkey."""
        # More than once: the Redis client swallows a cancellation that meets it connecting.
        while running := {task for task in self._tasks if not task.done()}:
            for task in running:
                task.cancel()
            await asyncio.wait(running, timeout=0.2)
        self._tasks = set()

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

    async def _tend(self) -> None:
        """Ping the silent pages, in portions: one clock for all of them."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PING_SECONDS / 20)
            for stream in self._streams():
                stream.tend(loop.time(), silence=PING_SECONDS, patience=SEND_SECONDS)

    async def _listen(self) -> None:
        client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL,
            socket_connect_timeout=2,
            health_check_interval=15,
        )
        async with client, client.pubsub() as subscription:
            await subscription.psubscribe(channel("*"))
            while True:
                # The timeout lets the health check find a connection that died silently.
                message = await subscription.get_message(timeout=10)
                if message is None:
                    continue
                if message["type"] == "psubscribe":
                    told: Any = await client.zrange(ENDINGS_KEY, 0, -1, withscores=True)
                    self._end(told)
                    self.subscribed.set()
                    self._refresh_all()
                elif message["type"] == "pmessage":
                    self._pass_on(message)

    def _end_told(self, data: bytes) -> None:
        try:
            body, moment = json.loads(data)
            self._end([(str(body).encode(), float(moment))])
        except (ValueError, TypeError):
            logger.warning("an ending that is none was dropped")

    def _end(self, told: Iterable[tuple[bytes, float]]) -> None:
        """End the pages of whoever is shut out; those opened by a later token stay."""
        for body, moment in told:
            schema_name, user_id = json.loads(body)
            who = (str(schema_name), int(user_id))
            self._ended[who] = max(moment, self._ended.get(who, 0))
        past = time.time() - TOKEN_MAX_AGE
        self._ended = {who: moment for who, moment in self._ended.items() if moment > past}
        for (schema_name, user_id), pages in list(self._people.items()):
            for stream, signed_at in list(pages.items()):
                if self.is_over(schema_name, user_id, signed_at):
                    stream.end()

    def _pass_on(self, message: dict[str, Any]) -> None:
        schema_name = message["channel"].decode().removeprefix(channel(""))
        if schema_name == ENDINGS:
            self._end_told(message["data"])
            return
        try:
            body = json.loads(message["data"])
            conversation = int(body["conversation"])
            extensions = {str(body["extension"]), *map(str, body.get("others", ()))}
        except (ValueError, TypeError, KeyError):
            logger.warning("a hint that is none was dropped")
            return
        # Who has no extension at all listens as "", to nothing.
        for listens in (None, *(extensions - {""})):
            audience = self._audiences.get((schema_name, listens))
            if audience is not None:
                audience.hint(conversation)

    def _refresh_all(self) -> None:
        loop, streams = asyncio.get_running_loop(), self._streams()
        spread = min(len(streams) / _REFRESHES_PER_SECOND, _LONGEST_SPREAD)
        for stream in streams:
            loop.call_later(random.uniform(0, spread), stream.tell, EVERYTHING)  # noqa: S311

    def _streams(self) -> list[Stream]:
        return [stream for audience in self._audiences.values() for stream in audience.streams]
