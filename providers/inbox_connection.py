"""PostgreSQL as the committer speaks to it: prepared statements, binary values, no cursors.

A tenth of what an ORM or a cursor costs for the same row. The connection is Django's own of this
thread, so that whatever the settings say of it (host, password, role, options) holds here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.utils import DatabaseError, InterfaceError
from psycopg import pq

from providers import rows
from providers.rows import Row

# The server is not the one to write to any more; another connection may find the one that is.
READ_ONLY = b"25006"
# In milliseconds; the carrier has gone by then. And planning costs as much as storing.
INBOX_OPTIONS = b"SET statement_timeout = %d; SET plan_cache_mode = force_generic_plan"


class NotStored(Exception):
    """The database refused the rows; others may do better."""


class Unreachable(NotStored):
    """There is no database to be spoken to. Whether the rows are stored is not known."""


class InboxConnection:
    """The calling thread's connection. Made anew on first use, and after each failure."""

    def __init__(self, *, patience: float) -> None:
        self._patience = patience
        self._pgconn: pq.abc.PGconn | None = None
        self._prepared: set[int] = set()

    def insert(self, group: Sequence[Row]) -> None:
        """Store the rows, durably on return. Once more where a connection had died of age.

        Raises NotStored, or Unreachable.
        """
        is_fresh = self._pgconn is None
        try:
            self._insert(group)
        except Unreachable:
            if is_fresh:
                raise
            # What was committed already is passed over by its key.
            self._insert(group)

    def close(self) -> None:
        """Let go of the server."""
        self._pgconn = None
        self._prepared.clear()
        try:
            connection.close()
        except (DatabaseError, InterfaceError):
            connection.connection = None

    def _insert(self, group: Sequence[Row]) -> None:
        pgconn = self._pgconn or self._connect()
        for chunk in rows.chunks(group):
            count = len(chunk)
            name = b"store_%d" % count
            if count not in self._prepared:
                self._check(pgconn, pgconn.prepare(name, rows.numbered(count), rows.types(count)))
                self._prepared.add(count)
            values: list[Any] = rows.parameters(chunk)  # None is SQL's NULL; the stub has none
            formats = [pq.Format.BINARY] * len(values)
            self._check(pgconn, pgconn.exec_prepared(name, values, formats))

    def _connect(self) -> pq.abc.PGconn:
        try:
            connection.ensure_connection()
        except (DatabaseError, InterfaceError) as error:
            self.close()
            raise Unreachable(type(error).__name__) from error
        pgconn: pq.abc.PGconn = connection.connection.pgconn
        self._check(pgconn, pgconn.exec_(INBOX_OPTIONS % round(self._patience * 1000)))
        self._pgconn = pgconn
        return pgconn

    def _check(self, pgconn: pq.abc.PGconn, result: pq.abc.PGresult) -> None:
        if result.status == pq.ExecStatus.COMMAND_OK:
            return
        code = result.error_field(pq.DiagnosticField.SQLSTATE) or b""
        if pgconn.status != pq.ConnStatus.OK or code == READ_ONLY:
            self.close()
            raise Unreachable(code.decode())
        raise NotStored(code.decode())
