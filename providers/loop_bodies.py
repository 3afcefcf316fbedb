"""Reading requests' bodies in an event loop: so much, in so much time.

One clock for all of them: a timer for each would cost as much as judging it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, cast

from django.conf import settings

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

# A carrier sends its body at once; one that drips keeps a place and memory.
SECONDS = 10.0
_TICK = 1.0
_DIGITS = 12  # of a length that is meant


class TooLarge(Exception):
    """The body is over the limit, and was not read to its end."""


class TooLong(Exception):
    """The body was not there in time."""


class EndedEarly(Exception):
    """The body is shorter than its header says, or the client left."""


class Bodies:
    """The bodies that are being read in one event loop."""

    def __init__(self) -> None:
        self._until: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._is_ticking = False

    async def read(self, headers: Mapping[str, str], receive: Receive) -> bytes:
        """Return the whole body. Raises TooLarge, TooLong or EndedEarly."""
        limit: int = settings.WEBHOOK_BODY_LIMIT
        written = headers.get("content-length", "0")
        length = int(written) if len(written) < _DIGITS and written.isdecimal() else 0
        if length > limit or len(written) >= _DIGITS:
            raise TooLarge
        loop = asyncio.get_running_loop()
        task = cast("asyncio.Task[Any]", asyncio.current_task())  # no coroutine runs without
        self._until[task] = loop.time() + SECONDS
        if not self._is_ticking:
            self._is_ticking = True
            loop.call_later(_TICK, self._tick, loop)
        try:
            body = await _whole(receive, limit)
        except asyncio.CancelledError:
            if task not in self._late:
                raise
            task.uncancel()
            raise TooLong from None
        finally:
            del self._until[task]
            self._late.discard(task)
        if len(body) < length:
            raise EndedEarly
        return body

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        # In the order they came: nobody is late behind one that is not.
        for task, until in self._until.items():
            if until > now:
                break
            if task not in self._late:
                self._late.add(task)
                task.cancel()
        self._is_ticking = bool(self._until)
        if self._is_ticking:
            loop.call_later(_TICK, self._tick, loop)


async def _whole(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size, is_more = 0, True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise EndedEarly
        parts.append(message.get("body", b""))
        is_more = message.get("more_body", False)
        size += len(parts[-1])
        if size > limit:
            raise TooLarge
    return b"".join(parts) if len(parts) > 1 else parts[0]
