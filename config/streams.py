"""One open page as the events process sees it: what it is told, and when it is given up.

An idle page costs one suspended request and this object: no queue, no task and no timer of its own
beyond the one that ends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Said when hints may have been missed: "fetch whatever you show".
EVERYTHING = b"data: {}\n\n"
_PING = b": ping\n\n"
# The first bytes open the stream in the browser, through a proxy too.
_HELLO = b"retry: 3000\n\n"
# What follows the first hint within so long leaves with the next one: a busy tenant's pages fetch
# no more often anyway.
GATHER_SECONDS = 0.1
# More conversations than this at once are told as EVERYTHING.
_MOST_AT_ONCE = 20
# A page that took nothing of so many writes is told EVERYTHING once it takes again.
_MOST_WAITING = 20


class Stream:
    """Writes to one page, one write at a time; what comes meanwhile leaves with the next."""

    __slots__ = ("_deadline", "_send", "_started", "_waiting", "_writer", "last_write")

    def __init__(self, send: Send, start: MutableMapping[str, Any]) -> None:
        self._send = send
        self._deadline: asyncio.Timeout | None = None
        self._waiting = [_HELLO]
        self._started = start
        self._writer: asyncio.Task[None] | None = None
        self.last_write = 0.0

    async def last(self, departure: Awaitable[None], *, seconds: float) -> None:
        """Write until the page departs, `end` is called, or so many seconds are over."""
        loop = asyncio.get_running_loop()
        self.last_write = loop.time()
        self._writer = loop.create_task(self._write(self._started))
        try:
            async with asyncio.timeout(seconds) as self._deadline:
                await departure
        except TimeoutError:
            if self._writer is None:
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._deadline = None
            if self._writer is not None:
                self._writer.cancel()
                await asyncio.wait({self._writer})

    def tell(self, chunk: bytes) -> None:
        """Write this, now or after what is being written."""
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting[:] = [EVERYTHING]
        else:
            self._waiting.append(chunk)
        if self._writer is None and self._deadline is not None:
            self._writer = asyncio.get_running_loop().create_task(self._write())

    def tend(self, now: float, *, silence: float, patience: float) -> None:
        """Ping a page that heard nothing for long; give up one that takes nothing for longer."""
        quiet = now - self.last_write
        if self._writer is not None:
            if quiet > patience:
                self.end()
        elif quiet >= silence:
            self.tell(_PING)

    def end(self) -> None:
        """Close the stream; the browser comes back by itself."""
        # Once: a deadline that is over already cannot be moved.
        deadline, self._deadline = self._deadline, None
        if deadline is not None:
            deadline.reschedule(asyncio.get_running_loop().time())

    async def _write(self, start: MutableMapping[str, Any] | None = None) -> None:
        loop = asyncio.get_running_loop()
        try:
            if start is not None:
                await self._send(start)
            while self._waiting:
                body = b"".join(self._waiting)
                self._waiting.clear()
                self.last_write = loop.time()
                await self._send({"type": "http.response.body", "body": body, "more_body": True})
        except OSError:
            # Gone; the server says so to whoever waits for the departure.
            self.end()
        finally:
            self._writer = None


class Audience:
    """The pages that hear the same: a hint is written out once for all of them."""

    __slots__ = ("_due", "_is_gathering", "streams")

    def __init__(self) -> None:
        self.streams: set[Stream] = set()
        # A dict for its order: each conversation once, the first change first.
        self._due: dict[int, None] = {}
        self._is_gathering = False

    def hint(self, conversation: int) -> None:
        """Tell all pages: the first at once, those right after it together."""
        self._due[conversation] = None
        if not self._is_gathering:
            self._tell()

    def _tell(self) -> None:
        self._is_gathering = bool(self._due)
        if not self._due:
            return
        hints = [b'data: {"conversation": %d}\n\n' % key for key in self._due]
        chunk = b"".join(hints) if len(hints) <= _MOST_AT_ONCE else EVERYTHING
        self._due.clear()
        for stream in self.streams:
            stream.tell(chunk)
        asyncio.get_running_loop().call_later(GATHER_SECONDS, self._tell)
