"""The intake's listening socket, and what its connections share: clock, door, places."""

from __future__ import annotations

import asyncio
import contextlib
from email.utils import formatdate

from providers.loop_connection import Connection
from providers.loop_door import LoopDoor

# A client that drips keeps one of so many places.
_MOST = 2000
_BACKLOG = 2048
_TICK = 1.0
_GRACE = 12.0  # longer than anything begun may take
_LAST_CALL = 0.05  # for what has come by now, and was not looked at


class Listener:
    """All connections of one event loop. One clock for them: a timer each would cost more."""

    def __init__(self, door: LoopDoor) -> None:
        self.door = door
        self.connections: set[Connection] = set()
        self.held = 0  # bytes of large bodies
        self.is_stopping = False
        self._are_all_gone = asyncio.Event()
        self.set_clock(0.0)

    async def serve(self, host: str, port: int, until: asyncio.Event) -> None:
        """Take connections, beside others on the same port; return when all begun is answered."""
        loop = asyncio.get_running_loop()
        self._tick(loop)
        server = await loop.create_server(
            lambda: Connection(self), host, port, backlog=_BACKLOG, reuse_port=True
        )
        await until.wait()
        self.is_stopping = True
        await asyncio.sleep(_LAST_CALL)
        server.close()
        for connection in list(self.connections):
            connection.leave_if_idle()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE if self.connections else 0):
                await self._are_all_gone.wait()

    def admit(self, connection: Connection) -> bool:
        """Give it a place, that of an idle one if need be: False = there is none."""
        is_full = len(self.connections) >= _MOST
        if is_full:
            idle = (each for each in self.connections if each.is_idle)
            longest = min(idle, key=lambda each: each.until, default=None)
            if longest is not None:
                longest.leave_if_idle()
                is_full = False
        self.connections.add(connection)
        return not is_full

    def forget(self, connection: Connection) -> None:
        """Take its place back."""
        self.connections.discard(connection)
        if self.is_stopping and not self.connections:
            self._are_all_gone.set()

    def set_clock(self, now: float) -> None:
        """Say what time it is: exact enough for patience, and for an answer's date."""
        self.now = now
        self.date = f"Date: {formatdate(usegmt=True)}\r\n".encode()
        for connection in list(self.connections):
            connection.look_at_the_clock()

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self.set_clock(loop.time())
        loop.call_later(_TICK, self._tick, loop)
