"""Telling how far a long walk over tenants has come, not more often than one can read."""

from __future__ import annotations

import time
from collections.abc import Callable

_EVERY = 1.0
_WHILE_NOTHING_HAPPENS = 5.0


class Progress:
    """Says `migrating tenant 37 of 200, 2 at a time, about 8 s left`."""

    def __init__(self, *, total: int, jobs: int, say: Callable[[str], None]) -> None:
        self._total = total
        self._jobs = jobs
        self._say = say
        self._done = 0
        self._told = 0
        self._began = self._said_at = time.monotonic()
        if total:
            self._tell()

    def advance(self) -> None:
        """Count one that is done."""
        self._done += 1
        self.tick()

    def tick(self) -> None:
        """Say where things are, if that is due."""
        silence = time.monotonic() - self._said_at
        is_news = self._done != self._told
        if self._done < self._total and silence > (_EVERY if is_news else _WHILE_NOTHING_HAPPENS):
            self._tell()

    def _tell(self) -> None:
        self._told = self._done
        self._said_at = time.monotonic()
        line = f"migrating tenant {self._done + 1} of {self._total}"
        if self._jobs > 1:
            line += f", {self._jobs} at a time"
        if self._done:
            seconds = (self._said_at - self._began) / self._done * (self._total - self._done)
            line += f", about {seconds:.0f} s left"
        self._say(line)
