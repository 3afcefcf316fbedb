"""Storing in an event loop what many requests hand over in one commit: no thread is woken for it.

The same rules as providers.committer has for threads. Threads cost more than the storing: each
request there is six changes of context, here it is a future.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from providers import bell
from providers.inbox_connection import NotStored, Unreachable
from providers.loop_inbox import LoopInbox
from providers.rows import MOST_ROWS, Row

# Between the beginnings of two commits, in seconds. On a fast disk each would take what one or two
# requests bring; so it takes what comes in a millisecond, at a tenth of the cost for each.
_INTERVAL = 0.001

Tell = Callable[[NotStored | None], None]


class _Parcel:
    """Rows of one request, and who is to be told."""

    __slots__ = ("rows", "tell")

    def __init__(self, rows: Sequence[Row], tell: Tell) -> None:
        self.rows = rows
        self.tell = tell


class LoopCommitter:
    """What waits for the next commit, and the one connection that makes it. Of one event loop."""

    def __init__(self, *, patience: float) -> None:
        self._patience = patience
        self._parcels: deque[_Parcel] = deque()
        self._task: asyncio.Task[None] | None = None
        self._not_before = 0.0
        self._inbox = LoopInbox(patience=patience)

    def hand_over(self, rows: Sequence[Row], tell: Tell) -> None:
        """Have `tell` called once these rows, not more than MOST_ROWS, are committed, or not.

        With NotStored when they were refused, or did not get there in time.
        """
        self._parcels.append(_Parcel(rows, tell))
        if self._task is None:
            # Begins after whatever else is ready: requests that came together go together.
            self._task = asyncio.get_running_loop().create_task(self._run())

    @property
    def queued(self) -> int:
        """Count the requests that wait for the next commit."""
        return len(self._parcels)

    async def stop(self) -> None:
        """Store what is queued, and let go of the server."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=self._patience + 1)
        self._inbox.close()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._parcels:
                pause = self._not_before - loop.time()
                if pause > 0:
                    await asyncio.sleep(pause)
                self._not_before = loop.time() + _INTERVAL
                await self._commit(self._gather())
        finally:
            self._task = None

    def _gather(self) -> list[_Parcel]:
        """Take what has queued up, as much as one statement carries."""
        parcels, count = [self._parcels.popleft()], 0
        count = len(parcels[0].rows)
        while self._parcels and count + len(self._parcels[0].rows) <= MOST_ROWS:
            parcels.append(self._parcels.popleft())
            count += len(parcels[-1].rows)
        return parcels

    async def _commit(self, parcels: list[_Parcel]) -> None:
        error = await self._insert(parcels)
        if len(parcels) > 1 and error is not None and not isinstance(error, Unreachable):
            # Which request's rows are refused? The others are not to blame.
            for parcel in parcels:
                await self._commit([parcel])
            return
        loop = asyncio.get_running_loop()
        for parcel in parcels:
            # Not from here: what goes wrong there is no other request's misfortune.
            loop.call_soon(parcel.tell, error)
        if error is None:
            bell.ring()

    async def _insert(self, parcels: list[_Parcel]) -> NotStored | None:
        try:
            async with asyncio.timeout(self._patience):
                await self._inbox.insert([row for parcel in parcels for row in parcel.rows])
        except TimeoutError:
            self._inbox.close()
            # A hung database must not leave a backlog behind, nor be waited for one by one.
            parcels += self._parcels
            self._parcels.clear()
            return Unreachable("it does not answer in time")
        except NotStored as error:
            return error
        return None
