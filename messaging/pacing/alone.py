"""The limits while Valkey is away: this process by itself, at half the rate.

Other workers do the same, so it is a guess; sending must go on, and not run over the carrier.
"""

from __future__ import annotations

import threading

from messaging.pacing.buckets import Answer
from messaging.pacing.limits import Demand, Limit

_PART = 0.5
_MOST = 10_000
_LONGEST = 60.0  # Valkey may be back by then


class Alone:
    """Buckets of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._levels: dict[str, tuple[float, float]] = {}

    def ask(self, demand: Demand, *, now: float) -> Answer:
        """Grant the permit, or say how long to wait for it."""
        with self._lock:
            limits = [demand.account, demand.number]
            waits = [self._need(limit, demand, now=now) for limit in limits]
            if max(waits) > 0:
                return Answer(wait=min(max(waits), _LONGEST))
            if len(self._levels) > _MOST:
                self._levels.clear()
            for limit in limits:
                level = self._level(limit, now=now) + demand.segments
                self._levels[limit.name] = (level, now)
            return Answer()

    def _level(self, limit: Limit, *, now: float) -> float:
        level, at = self._levels.get(limit.name, (0.0, now))
        return max(0.0, level - max(0.0, now - at) * limit.rate * _PART)

    def _need(self, limit: Limit, demand: Demand, *, now: float) -> float:
        level = self._level(limit, now=now)
        most = limit.burst * _PART * (_PART if demand.is_bulk else 1)
        if level <= 0 or level + demand.segments <= most:
            return 0.0
        over = level - max(0.0, most - demand.segments)
        return max(over, 0.01) / (limit.rate * _PART)
