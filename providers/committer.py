"""Storing what many requests hand over in one commit: a writer thread per process.

A commit waits for the disk, and so costs the same for one row as for fifty. Whoever comes while
one is under way goes into the next; a request that comes alone waits for nobody.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Sequence
from queue import SimpleQueue

from providers import bell
from providers.inbox_connection import InboxConnection, NotStored, Unreachable
from providers.rows import MOST_ROWS, Row


class _Parcel:
    """Rows of one request, which waits for them."""

    __slots__ = ("done", "error", "rows")

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.error: NotStored | None = None
        self.done = threading.Lock()
        self.done.acquire()


class Committer:
    """The writer thread and what waits for it."""

    def __init__(self, *, patience: float) -> None:
        self._patience = patience
        self._parcels: SimpleQueue[_Parcel | None] = SimpleQueue()
        self._busy_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def store(self, rows: Sequence[Row]) -> None:
        """Return when the rows are committed.

        Raises NotStored: they were refused, or did not get there in time.
        """
        since = self._busy_since
        if since is not None and time.monotonic() - since > self._patience:
            # The database hangs. Whoever waits too takes a thread from everybody else.
            raise Unreachable("it does not answer")
        parcel = _Parcel(rows)
        self._parcels.put(parcel)
        if not parcel.done.acquire(timeout=self._patience):
            # What has not begun will not: a hung database must not leave a backlog behind.
            parcel.rows = ()
            raise Unreachable("it does not answer in time")
        if parcel.error is not None:
            # Each request its own: many raise at once.
            raise type(parcel.error)(str(parcel.error))

    @property
    def queued(self) -> int:
        """Count the requests that wait for the next commit."""
        return self._parcels.qsize()

    @property
    def is_alive(self) -> bool:
        """Tell whether anybody takes what is handed over."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Store what is queued, and end the thread."""
        self._parcels.put(None)
        self._thread.join(self._patience + 1)

    def _run(self) -> None:
        inbox = InboxConnection(patience=self._patience)
        try:
            while (parcel := self._parcels.get()) is not None:
                self._busy_since = time.monotonic()
                self._commit(inbox, self._gather(parcel))
                self._busy_since = None
        finally:
            inbox.close()

    def _gather(self, first: _Parcel) -> list[_Parcel]:
        """Take what has queued up, and nothing that has yet to come."""
        parcels, count = [first], len(first.rows)
        while count < MOST_ROWS and not self._parcels.empty():
            parcel = self._parcels.get()
            if parcel is None:
                self._parcels.put(None)
                break
            parcels.append(parcel)
            count += len(parcel.rows)
        return parcels

    def _commit(self, inbox: InboxConnection, parcels: list[_Parcel]) -> None:
        try:
            inbox.insert([row for parcel in parcels for row in parcel.rows])
        except Unreachable as error:
            for parcel in parcels:
                parcel.error = error
        except NotStored as error:
            self._commit_apart(inbox, parcels, error)
        for parcel in parcels:
            parcel.done.release()
        if any(parcel.error is None for parcel in parcels):
            bell.ring()

    def _commit_apart(
        self, inbox: InboxConnection, parcels: list[_Parcel], refusal: NotStored
    ) -> None:
        """Find out which request's rows the database refuses: the others are not to blame."""
        if len(parcels) == 1:
            parcels[0].error = refusal
            return
        for parcel in parcels:
            try:
                inbox.insert(parcel.rows)
            except NotStored as error:
                parcel.error = error


_lock = threading.Lock()
_committer: Committer | None = None


def committer(patience: float) -> Committer:
    """Return this process's committer, made on first use."""
    global _committer  # noqa: PLW0603  # one writer per process
    found = _committer
    if found is None or not found.is_alive:
        with _lock:
            found = _committer
            if found is None or not found.is_alive:
                found = _committer = Committer(patience=patience)
    return found


def stop() -> None:
    """End this process's writer; the next request makes another."""
    global _committer  # noqa: PLW0603
    with _lock:
        if _committer is not None:
            _committer.stop()
        _committer = None


def _forget() -> None:
    # A child has the parent's connection and none of its threads.
    global _committer, _lock
    _committer, _lock = None, threading.Lock()


atexit.register(stop)
os.register_at_fork(after_in_child=_forget)
