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
        self.strangers: dict[Connection, None] = {}  # not answered yet, by age
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
        """Give it a place, another's if need be: False = all are being answered."""
        is_full = len(self.connections) >= _MOST
        if is_full:
            # First whoever was not answered yet: a carrier asks at once, one that drips never.
            left = next((each for each in self.strangers if each.is_waited_for), None)
            if left is None:
                waited_for = (each for each in self.connections if each.is_waited_for)
                left = min(waited_for, key=lambda each: each.until, default=None)
            if left is not None:
                left.make_place()
                self.forget(left)
                is_full = False
        self.connections.add(connection)
        self.strangers[connection] = None
        return not is_full

    def forget(self, connection: Connection) -> None:
        """Take its place back."""
        self.connections.discard(connection)
        self.strangers.pop(connection, None)
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
