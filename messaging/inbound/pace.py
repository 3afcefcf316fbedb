"""How much a routing run takes at a time, by how long it took until now."""

from __future__ import annotations

from dataclasses import dataclass

MOST = 4000  # events of a batch; no more than there are, so that a lone text waits for nobody
LONGEST = 0.6  # seconds; what is left then waits for the next batch, with who came meanwhile
_FIRST = 1000  # events of the first batch, which does not know yet how long they take
_LEAST = 400
_PART = 250  # of each tenant where so many wait: a visit costs as much as some forty texts
_FEWEST_PLACES = 4
# Where that many tenants had so few texts each, some more are worth a moment: a visit to each costs
# as much as all that it finds.
_CROWD = 32
_FEW = 12
_MOMENT = 0.25  # seconds from the last batch's beginning
_FIRST_PLACES = 64
_MOST_PLACES = 128  # the transaction holds some fifty locks for each


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Size of the next batch: events, and tenants that they are claimed of."""

    events: int
    places: int = _FIRST_PLACES

    def after(self, *, claimed: int, done: int, seconds: float) -> Pace:
        """Return what to take after a batch that went like this."""
        events = self.events
        if done < claimed:
            events = max(done, _LEAST)
        elif seconds < LONGEST / 2:
            events = events * 2
        events = min(events, MOST)
        return Pace(events=events, places=self._places(claimed, done, events))

    def _places(self, claimed: int, done: int, events: int) -> int:
        if done < claimed:
            # What is claimed in vain is read, and its text parsed, once more.
            return max(self.places * done // claimed, _FEWEST_PLACES)
        if claimed < self.events // 2:
            return min(self.places * 2, _MOST_PLACES)  # none of them has many
        if claimed < self.events * 9 // 10:
            return self.places
        return max(self.places // 2, events // _PART, _FEWEST_PLACES)


def rest(*, done: int, tenants: int, seconds: float) -> float:
    """Return for how long to let texts gather after a batch that went like this."""
    if tenants < _CROWD or done >= tenants * _FEW:
        return 0.0
    return max(0.0, _MOMENT - seconds)


def first() -> Pace:
    """Return how a run begins."""
    return Pace(events=min(_FIRST, MOST))
