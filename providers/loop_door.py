"""The webhook's door for ASGI servers: a request costs neither a thread nor a wait for one.

Says what the others say, to the letter. What needs the database to be judged, or is large, is
left to a thread and `intake.receive`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import Any

from providers import intake
from providers.doors import NotRemembered, remembered_door
from providers.inbox_connection import NotStored
from providers.intake import Answer
from providers.loop_bodies import Bodies, EndedEarly, Receive, TooLarge, TooLong
from providers.loop_committer import LoopCommitter
from providers.rows import MOST_ROWS, Row

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Reading more than this would keep all others waiting.
_LARGE = 64 * 1024
_THREADS = 8


class LoopDoor:
    """Answers the webhooks of one event loop; `patience` None = by threads alone."""

    def __init__(self, *, patience: float | None) -> None:
        self._bodies = Bodies()
        self._committer = None if patience is None else LoopCommitter(patience=patience)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="webhook")

    async def dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        status, headers, body = await self._answer(scope, receive)
        start = {"type": "http.response.start", "status": status, "headers": _encoded(headers)}
        await send(start)
        is_head = scope["method"] == "HEAD"
        await send({"type": "http.response.body", "body": b"" if is_head else body})

    async def stop(self) -> None:
        """Store what is queued, and let go of the database."""
        if self._committer is not None:
            await self._committer.stop()
        self._threads.shutdown(wait=False)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        method: str = scope["method"]
        try:
            body = await self._bodies.read(headers, receive) if method == "POST" else b""
        except TooLarge:
            return intake.too_large()
        except TooLong:
            return intake.answer(408, "The body did not come in time.", ("Connection", "close"))
        except EndedEarly:
            return intake.answer(400, "The body ended early.")
        return await self._receive(method, scope["path"], headers, body)

    async def _receive(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Do as `intake.receive` does, which does it where it takes long."""
        judged = self._judged(method, path, headers, body)
        if self._committer is None or judged is None:
            loop = asyncio.get_running_loop()
            ask = partial(intake.receive, method, path, headers, body)
            return await loop.run_in_executor(self._threads, ask)
        if isinstance(judged, Answer):
            return judged
        try:
            await self._committer.store(judged)
        except NotStored as error:
            return intake.unavailable(error)
        return intake.ACCEPTED

    def _judged(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer | list[Row] | None:
        if self._committer is None or len(body) > _LARGE:
            return None
        try:
            judged = intake.judge(method, path, headers, body, find=remembered_door)
        except NotRemembered:
            return None
        return judged if isinstance(judged, Answer) or len(judged) <= MOST_ROWS else None


@lru_cache(maxsize=100)
def _encoded(headers: Sequence[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers]
