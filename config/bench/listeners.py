"""Thousands of open pages that listen for live hints, as bare sockets of one event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Sequence
from typing import Self, TypeVar

from config.bench.run import NotMeasured

Result = TypeVar("Result")

_AT_ONCE = 100
_PATIENCE = 30.0


class Listener(asyncio.Protocol):
    """One page's stream: opened, and how many hints it was told."""

    def __init__(self) -> None:
        self.is_open = asyncio.get_running_loop().create_future()
        self.hints = 0
        self.is_closed = False
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection for its end."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Count hints; the first bytes say that the stream is open."""
        if b"retry:" in data and not self.is_open.done():
            self.is_open.set_result(None)
        self.hints += data.count(b'"conversation"')

    def connection_lost(self, error: Exception | None) -> None:
        """Note that the server ended the stream, or we did."""
        self.is_closed = True

    def close(self) -> None:
        """Leave the page."""
        if self._transport is not None:
            self._transport.close()


class Pages:
    """Open pages in a thread of their own: who changes something must not wait for them."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self, port: int, tokens: Sequence[str]) -> None:
        """Open a stream for each token. Raises NotMeasured when one does not open."""
        self._wait(self._open(port, tokens))

    def told(self, hints: int) -> float:
        """Return when all had been told so many hints, on the monotonic clock.

        Raises NotMeasured.
        """
        return self._wait(self._told(hints))

    def _wait(self, work: Coroutine[None, None, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self, port: int, tokens: Sequence[str]) -> None:
        for start in range(0, len(tokens), _AT_ONCE):
            batch = tokens[start : start + _AT_ONCE]
            pairs = await asyncio.gather(
                *(self._loop.create_connection(Listener, "127.0.0.1", port) for _ in batch)
            )
            for token, (transport, listener) in zip(batch, pairs, strict=True):
                request = f"GET /events/{token} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
                transport.write(request.encode())
                self._listeners.append(listener)
            try:
                async with asyncio.timeout(_PATIENCE):
                    await asyncio.gather(*(listener.is_open for _, listener in pairs))
            except TimeoutError:
                raise NotMeasured(f"only {start} of {len(tokens)} streams opened") from None

    async def _told(self, hints: int) -> float:
        until = time.monotonic() + _PATIENCE
        while any(listener.hints < hints for listener in self._listeners):
            if time.monotonic() > until:
                told = sum(listener.hints >= hints for listener in self._listeners)
                closed = sum(listener.is_closed for listener in self._listeners)
                raise NotMeasured(
                    f"only {told} of {len(self._listeners)} pages were told, {closed} were closed"
                )
            await asyncio.sleep(0.002)
        return time.monotonic()

    async def _close(self) -> None:
        for listener in self._listeners:
            listener.close()
