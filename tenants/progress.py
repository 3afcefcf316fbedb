"""Telling how far a long walk over tenants has come, not more often than one can read."""

from __future__ import annotations

import time
from collections.abc import Callable

_EVERY = 1.0
_WHILE_NOTHING_HAPPENS = 5.0


class Progress:
    """Says `migrating tenant 37 of 200, 2 at a time, about 8 s left`."""

    def __init__(self, *, total: int, say: Callable[[str], None]) -> None:
        self.done = 0
        self._total = total
        self._say = say
        self._told = 0
        self._began = self._said_at = time.monotonic()
        self.jobs = 1
        if total:
            self._tell()

    @property
    def jobs(self) -> int:
        """Return how many are worked on at the same time."""
        return self._jobs

    @jobs.setter
    def jobs(self, jobs: int) -> None:
        # Each job's first one takes longer, and tells nothing of the others.
        self._jobs = jobs
        self._settled = self.done + jobs
        self._settled_at: float | None = None

    @property
    def seconds(self) -> float:
        """Return how long it has taken so far."""
        return time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Return about how many seconds it will take yet; 0 = nobody knows."""
        if self._settled_at is None or self.done == self._settled:
            return 0.0
        pace = (time.monotonic() - self._settled_at) / (self.done - self._settled)
        return pace * (self._total - self.done)

    def advance(self) -> None:
        """Count one that is done."""
        self.done += 1
        if self.done == self._settled:
            self._settled_at = time.monotonic()
        self.tick()

    def tick(self) -> None:
        """Say where things are, if that is due."""
        silence = time.monotonic() - self._said_at
        is_news = self.done != self._told
        if self.done < self._total and silence > (_EVERY if is_news else _WHILE_NOTHING_HAPPENS):
            self._tell()

    def _tell(self) -> None:
        self._told = self.done
        self._said_at = time.monotonic()
        line = f"migrating tenant {self.done + 1} of {self._total}"
        if self._jobs > 1:
            line += f", {self._jobs} at a time"
        if left := self.left:
            line += f", about {left:.0f} s left"
        self._say(line)
