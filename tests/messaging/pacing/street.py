"""A carrier's street by a clock of its own: messages ask for permits, and nobody sleeps."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import count
from uuid import uuid4

from messaging.pacing import buckets
from messaging.pacing.limits import Demand, Limit, burst_of

START = 1_700_000_000.0


def limit(name: str, rate: float, burst: float | None = None) -> Limit:
    return Limit(name=name, rate=rate, burst=burst_of(rate) if burst is None else burst)


def demand(**changes: object) -> Demand:
    """Return a one-segment reply on an account of 1/s, from a number that is no limit."""
    key = str(uuid4())
    usual = Demand(
        message_id=key,
        conversation=f"thread {key}",
        moment=START,
        segments=1,
        is_bulk=False,
        account=limit("account", 1.0),
        number=limit("number", 1000.0),
        campaign="campaign",
        brand="brand",
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


@dataclass
class Street:
    """Asks for each message when it says it would, and notes who went when."""

    now: float = START
    gone: list[tuple[float, Demand]] = field(default_factory=list)
    asked: int = 0
    _line: list[tuple[float, int, Demand]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def queue(self, *demands: Demand, at: float = 0.0) -> None:
        """Let these ask `at` seconds after the start."""
        for each in demands:
            heapq.heappush(self._line, (START + at, next(self._numbers), each))

    def run(self, *, until: float) -> None:
        """Live through the seconds up to `until` after the start."""
        while self._line and self._line[0][0] <= START + until:
            self.now, _, each = heapq.heappop(self._line)
            self.asked += 1
            answer = buckets.ask(each, now=self.now)
            if answer.behind:
                self.queue(each, at=self.now - START + 1.0)
            elif answer.wait is not None:
                self.queue(each, at=self.now - START + max(0.2, answer.wait))
            else:
                self.gone.append((self.now - START, each))
        self.now = START + until

    def segments(self, *, since: float = 0.0, until: float = 1e9) -> int:
        """Add up what went in a window."""
        return sum(each.segments for at, each in self.gone if since <= at < until)

    def by_tenant(self, *, since: float = 0.0, bulk: bool | None = None) -> Counter[str]:
        """Add up what each tenant got."""
        got: Counter[str] = Counter()
        for at, each in self.gone:
            if at >= since and bulk in (None, each.is_bulk):
                got[each.tenant] += each.segments
        return got

    def went(self, wanted: Demand) -> float:
        """Return when a message went."""
        return next(at for at, each in self.gone if each.message_id == wanted.message_id)
