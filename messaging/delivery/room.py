"""How many requests are under way in this process, and who may add to them.

Room is given out in pieces worth a look at the database: a batch of five costs nearly what one of
fifty costs.
"""

from __future__ import annotations

import threading
import time
from collections import Counter

from messaging import queue

# Less room is not worth a look at the database.
_LEAST = 32
# A smaller share is not worth one either.
_LEAST_SHARE = 8
# Seconds. When there is little room, and some was given back a shorter time ago, more will be.
_SOON = 0.1
_LITTLE = 1 / 4


class Room:
    """The places of one process.

    One tenant gets at most two thirds of what the others leave: its carrier may hang, and so may
    another's.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._taken: Counter[str] = Counter()
        self._waiting: dict[tuple[str, str], int] = {}
        self._changed = threading.Condition()
        self._given_back_at = 0.0

    def taken_by(self, schema: str) -> int:
        """Return how many places a tenant has."""
        return self._taken[schema]

    def reserve(self, schema: str, most: int, *, task: str, at_once: int | None = None) -> int:
        """Keep room for some of a tenant's messages; 0 = its task is rung for later."""
        limit = at_once or self._size
        with self._changed:
            room = self._room_for(schema, limit, most)
            if room:
                self._taken[schema] += room
            else:
                self._waiting[task, schema] = limit
            return room

    def release(self, schema: str, room: int) -> None:
        """Give back what was reserved, and ring for who waits for it."""
        with self._changed:
            self._taken -= Counter({schema: room})
            if room:
                self._given_back_at = time.monotonic()
            self._changed.notify_all()
        self.ring()

    def ring(self) -> None:
        """Ring for who waits and could have room now."""
        with self._changed:
            some = -(-(self._size - self._taken.total()) // _LEAST)
            rung = [
                (task, waiting)
                for (task, waiting), limit in self._waiting.items()
                if self._room_for(waiting, limit, _LEAST)
            ][:some]
            for each in rung:
                del self._waiting[each]
        for task, waiting in rung:
            queue.ring(task, waiting)

    def ring_in(self) -> float | None:
        """Return in how many seconds to ring even for little room; None = nobody waits."""
        return _SOON if self._waiting else None

    def wait_until_empty(self, *, seconds: float) -> None:
        """Wait until all is given back."""
        with self._changed:
            self._changed.wait_for(lambda: not self._taken.total(), timeout=seconds)

    def _room_for(self, schema: str, limit: int, most: int) -> int:
        """Return for how many messages there is room, 0 when it is not worth a look."""
        mine, free = self._taken[schema], self._size - self._taken.total()
        if free < self._size * _LITTLE and time.monotonic() < self._given_back_at + _SOON:
            return 0
        share = min(limit, _share_of(free + mine))
        if share < min(limit, _share_of(self._size), _LEAST_SHARE):
            return 0
        room = min(most, free, share - mine)
        return room if room >= min(most, share, _LEAST) else 0


def _share_of(room: int) -> int:
    return max(1, room * 2 // 3)
