"""Places in a long list, to go on from: a moment and an id, which no two rows share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Q

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WRITTEN = re.compile(r"(?P<at>[0-9]{1,17})-(?P<id>[0-9]{1,18}|[0-9a-f]{32})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One row's place in an order by time and id."""

    at: datetime
    id: int | UUID

    def __str__(self) -> str:
        last = self.id.hex if isinstance(self.id, UUID) else str(self.id)
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{last}"

    def before(self, field: str) -> Q:
        """Keep what is older; `field` holds the time."""
        # The plain condition first: it is the one an index can begin at.
        return Q(**{f"{field}__lte": self.at}) & (
            Q(**{f"{field}__lt": self.at}) | Q(pk__lt=self.id)
        )

    def after(self, field: str) -> Q:
        """Keep what is newer; `field` holds the time."""
        return Q(**{f"{field}__gte": self.at}) & (
            Q(**{f"{field}__gt": self.at}) | Q(pk__gt=self.id)
        )


def row_place(text: str) -> Place | None:
    """Read the place of a row that has a number; None for anything made up."""
    place = _read(text)
    return place if place and isinstance(place.id, int) else None


def message_place(text: str) -> Place | None:
    """Read the place of a message; None for anything made up."""
    place = _read(text)
    return place if place and isinstance(place.id, UUID) else None


def _read(text: str) -> Place | None:
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return None
    last = match["id"]
    return Place(
        at=_EPOCH + timedelta(microseconds=int(match["at"])),
        id=UUID(last) if len(last) == 32 else int(last),
    )
