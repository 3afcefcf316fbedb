"""Whose events a run takes next: all get a turn, nobody waits behind another's backlog."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A tenant with events to be routed, and the oldest one of them."""

    tenant_id: int
    event_id: int


class Turns:
    """Order of the tenants in one run, which remembers who had a turn while others waited."""

    def __init__(self) -> None:
        self._served: dict[int, int] = {}  # tenant -> number of its last turn
        self._round = 0

    def order(self, heads: Sequence[Head], *, most: int) -> list[int]:
        """Return the tenants, those to be served now first; `most` of them are.

        Half the places are for the freshest heads, who have no backlog: their texts are read by
        people who wait. The others go round.
        """
        longest_ago = sorted(heads, key=lambda h: (self._served.get(h.tenant_id, 0), h.event_id))
        first: list[Head] = []
        if len(heads) > most:
            first = sorted(heads, key=lambda head: -head.event_id)[: most // 2]
        return list(dict.fromkeys(head.tenant_id for head in (*first, *longest_ago)))

    def note(self, tenant_ids: Collection[int], heads: Sequence[Head]) -> None:
        """Remember who was served; who has nothing waiting is forgotten."""
        self._round += 1
        waiting = {head.tenant_id for head in heads}
        kept = {key: at for key, at in self._served.items() if key in waiting}
        self._served = kept | dict.fromkeys(tenant_ids, self._round)
