"""PostgreSQL as the loop's committer speaks to it: libpq without waiting, prepared statements."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.utils import DatabaseError, InterfaceError
from psycopg import OperationalError, pq

from providers import rows
from providers.inbox_connection import INBOX_OPTIONS, READ_ONLY, NotStored, Unreachable
from providers.rows import Row


class LoopInbox:
    """The connection of one event loop. Made anew on first use, and after each failure."""

    def __init__(self, *, patience: float) -> None:
        self._patience = patience
        self._raw: Any = None  # psycopg's connection, which keeps the socket open
        self._pgconn: pq.abc.PGconn | None = None
        self._socket = -1
        self._prepared: set[int] = set()
        self._answered: asyncio.Future[None] | None = None

    async def insert(self, group: Sequence[Row]) -> None:
        """Store the rows, durably on return. Once more where a connection had died of age.

        Raises NotStored, or Unreachable.
        """
        is_fresh = self._pgconn is None
        try:
            await self._insert(group)
        except Unreachable:
            if is_fresh:
                raise
            # What was committed already is passed over by its key.
            await self._insert(group)

    def close(self) -> None:
        """Let go of the server."""
        if self._pgconn is None:
            return
        asyncio.get_running_loop().remove_reader(self._socket)
        self._pgconn.finish()
        self._pgconn = self._raw = None
        self._prepared.clear()
        self._wake()

    async def _insert(self, group: Sequence[Row]) -> None:
        pgconn = self._pgconn or await self._connect()
        count = len(group)
        name = b"store_%d" % count
        values: list[Any] = rows.parameters(group)  # None is SQL's NULL; the stub has none
        try:
            if count not in self._prepared:
                pgconn.send_prepare(name, rows.numbered(count), rows.types(count))
                self._check(pgconn, await self._result(pgconn))
                self._prepared.add(count)
            formats = [pq.Format.BINARY] * len(values)
            pgconn.send_query_prepared(name, values, formats)
            self._check(pgconn, await self._result(pgconn))
        except OperationalError as error:
            self.close()
            raise Unreachable(type(error).__name__) from error

    async def _result(self, pgconn: pq.abc.PGconn) -> pq.abc.PGresult:
        while pgconn.flush():
            await self._writable()
        while pgconn.is_busy():
            await self._readable()
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            raise OperationalError("no answer")
        while pgconn.get_result() is not None:
            pass
        return result

    async def _readable(self) -> None:
        self._answered = asyncio.get_running_loop().create_future()
        await self._answered
        if self._pgconn is None:
            raise OperationalError("closed")

    async def _writable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        loop.add_writer(self._socket, _settle, ready)
        try:
            await ready
        finally:
            loop.remove_writer(self._socket)

    def _wake(self) -> None:
        if self._answered is not None:
            _settle(self._answered)

    def _on_input(self) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(None)
            return
        # Nothing was asked: the server says something by itself, or leaves.
        try:
            if self._pgconn is not None:
                self._pgconn.consume_input()
        except OperationalError:
            self.close()

    async def _connect(self) -> pq.abc.PGconn:
        loop = asyncio.get_running_loop()
        connecting = loop.run_in_executor(None, _connected, self._patience)
        try:
            raw = await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(_discard)
            raise
        except (DatabaseError, InterfaceError) as error:
            raise Unreachable(type(error).__name__) from error
        self._raw, self._pgconn, self._socket = raw, raw.pgconn, raw.pgconn.socket
        self._answered = None
        self._pgconn.nonblocking = 1
        loop.add_reader(self._socket, self._on_input)
        return self._pgconn

    def _check(self, pgconn: pq.abc.PGconn, result: pq.abc.PGresult) -> None:
        if result.status == pq.ExecStatus.COMMAND_OK:
            return
        code = result.error_field(pq.DiagnosticField.SQLSTATE) or b""
        if pgconn.status != pq.ConnStatus.OK or code == READ_ONLY:
            self.close()
            raise Unreachable(code.decode())
        raise NotStored(code.decode())


def _connected(patience: float) -> Any:
    """Connect as the settings say, in a thread: names are looked up, certificates read."""
    connection.close()
    connection.ensure_connection()
    # Taken from Django, which would close it for its age.
    raw, connection.connection = connection.connection, None
    raw.pgconn.exec_(INBOX_OPTIONS % round(patience * 1000))
    return raw


def _discard(connecting: asyncio.Future[Any]) -> None:
    if connecting.exception() is None:
        connecting.result().close()


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
