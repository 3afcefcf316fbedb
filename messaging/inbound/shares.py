"""Whose events each of two runs of a process takes, while both are at it.

A run has a connection of its own, and what PostgreSQL has to learn of a tenant's tables it learns
by connection: with the same tenants for both, each would find half as many texts for twice that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from messaging.inbound.turns import Head

_RUNS = 2
# A run that held up at one tenant for longer has its others looked after by the other run.
_PATIENCE = 1.5  # seconds

_guard = threading.Lock()
_seen: dict[int, float] = {}  # when each run last began a batch


class Share:
    """One run's part of the tenants."""

    def __init__(self, place: int | None) -> None:
        self._place = place

    def of(self, heads: Sequence[Head]) -> Sequence[Head]:
        """Return the heads that are this run's to take: all, where no other run is at work."""
        if self._place is None:
            return heads
        now = time.monotonic()
        with _guard:
            _seen[self._place] = now
            others = [at for place, at in _seen.items() if place != self._place]
        if not any(now - at < _PATIENCE for at in others):
            return heads
        return [head for head in heads if head.tenant_id % _RUNS == self._place] or heads


@contextmanager
def share() -> Iterator[Share]:
    """Take a place for the length of a run; one run too many has none, and takes what is left."""
    with _guard:
        place = next((each for each in range(_RUNS) if each not in _seen), None)
        if place is not None:
            _seen[place] = time.monotonic()
    try:
        yield Share(place)
    finally:
        if place is not None:
            with _guard:
                del _seen[place]
