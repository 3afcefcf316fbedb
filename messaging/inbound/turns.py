"""Whose events a run takes next: all get a turn, nobody waits behind another's backlog."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

# Of the places of a batch, for who has no backlog: they cost a visit each for one text.
_FRESH = 16
# Who was served in one of the last batches is not fresh: under a steady load all would be.
_RECENTLY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A tenant with events to be routed, and the oldest one of them."""

    tenant_id: int
    event_id: int


class Turns:
    """Order of the tenants in one run, which remembers who had a turn while others waited."""

    def __init__(self, ours: Callable[[Sequence[Head]], Sequence[Head]] | None = None) -> None:
        self._ours = ours
        self._served: dict[int, int] = {}  # tenant -> number of its last turn
        self._round = 0
        self.last_served = 0  # tenants

    def order(self, heads: Sequence[Head], *, most: int) -> list[int]:
        """Return the tenants, those to be served now first; `most` of them are.

        Up to half the places are for the freshest heads, who have no backlog: their texts are read
        by people who wait. The others go round.
        """
        if self._ours is not None:
            heads = self._ours(heads)
        longest_ago = sorted(heads, key=lambda h: (self._served.get(h.tenant_id, 0), h.event_id))
        first: list[Head] = []
        if len(heads) > most:
            fresh = [head for head in heads if not self._was_served_recently(head.tenant_id)]
            places = min(most // 2, _FRESH)
            first = sorted(fresh, key=lambda head: -head.event_id)[:places]
        return list(dict.fromkeys(head.tenant_id for head in (*first, *longest_ago)))

    def _was_served_recently(self, tenant_id: int) -> bool:
        return self._served.get(tenant_id, -_RECENTLY) > self._round - _RECENTLY

    def note(self, tenant_ids: Collection[int], heads: Sequence[Head]) -> None:
        """Remember who was served; who has nothing waiting is forgotten after a while."""
        waiting = {head.tenant_id for head in heads}
        kept = {
            key: at
            for key, at in self._served.items()
            if key in waiting or self._was_served_recently(key)
        }
        self._round += 1
        self._served = kept | dict.fromkeys(tenant_ids, self._round)
        self.last_served = len(tenant_ids)
