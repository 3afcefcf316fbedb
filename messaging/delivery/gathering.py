"""Which answers of carriers are written together: a tenant's, and those that are not far apart."""

from __future__ import annotations

import time
from collections.abc import Iterator

from messaging.delivery.room import Room
from messaging.delivery.settling import Answer
from tenants.models import Tenant

_GATHERING = 0.1  # seconds in which a tenant's other answers join the first
_MOST_TOGETHER = 64


class Gathered:
    """Answers that wait for others of their tenant, by tenant; a lone one waits for nobody."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._answers: dict[Tenant, list[Answer]] = {}
        self._since: dict[Tenant, float] = {}

    def add(self, tenant: Tenant, answer: Answer) -> None:
        """Let an answer wait for the others."""
        self._answers.setdefault(tenant, []).append(answer)
        self._since.setdefault(tenant, time.monotonic())

    def patience(self) -> float | None:
        """Return in how many seconds there is something to do whatever comes in till then."""
        first = min(self._since.values(), default=None)
        if first is None:
            return self._room.ring_in()
        return max(0.0, first + _GATHERING - time.monotonic())

    def complete(self) -> Iterator[tuple[Tenant, list[Answer]]]:
        """Take out those that have waited long enough, or for all that may come."""
        for tenant, answers in list(self._answers.items()):
            under_way = self._room.taken_by(tenant.schema_name)
            is_late = self._since[tenant] + _GATHERING <= time.monotonic()
            if is_late or len(answers) >= min(_MOST_TOGETHER, under_way):
                del self._answers[tenant], self._since[tenant]
                yield tenant, answers
