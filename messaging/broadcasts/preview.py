"""What a broadcast would do, told before it does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from messaging import segments
from messaging.broadcasts.batch import merged_for
from messaging.broadcasts.states import unknown_fields
from messaging.content.advice import Advice, Kind, advise
from messaging.models import Broadcast, BroadcastRecipient, OptOut
from messaging.outbound.lines import Line
from messaging.pacing.limits import number_rate

_LOOKED_AT = 1_000  # recipients whose texts are measured; the rest is reckoned by them
_SHOWN = 3
_USUAL_RATE = 1.0  # segments per second


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Figures and texts of a broadcast that was not started; `samples` are (number, text)."""

    recipients: int
    opted_out: int
    segments: int
    seconds: int
    samples: tuple[tuple[str, str], ...]
    empty: tuple[tuple[str, int], ...]  # merge fields without a value, and for how many
    unknown: tuple[str, ...]
    advice: tuple[Advice, ...]

    @property
    def sent_to(self) -> int:
        """How many messages that makes."""
        return self.recipients - self.opted_out

    @property
    def duration(self) -> str:
        """Say how long it takes about."""
        if self.seconds < 60:
            return "less than a minute"
        minutes = round(self.seconds / 60)
        if minutes < 90:
            return f"about {minutes} minute{'' if minutes == 1 else 's'}"
        return f"about {round(timedelta(minutes=minutes).total_seconds() / 3600)} hours"


def preview(broadcast: Broadcast, lines: Sequence[Line], *, sender_name: str = "") -> Preview:
    """Reckon what the broadcast would do."""
    refused = OptOut.objects.filter(
        Q(our_number=broadcast.our_number) | Q(our_number=None), number=OuterRef("number")
    )
    everybody = broadcast.recipients.all()
    # Counted beside the first rows: neither count depends on the row it stands in.
    people = everybody.select_related("contact").annotate(
        people_count=_count(everybody), refused_count=_count(everybody.filter(Exists(refused)))
    )
    count = opted_out = 0
    parts, looked_at = 0, 0
    samples: list[tuple[str, str]] = []
    empty: dict[str, int] = {}
    for person in people.order_by("pk")[:_LOOKED_AT]:
        count, opted_out = person.people_count, person.refused_count
        merged = merged_for(broadcast, person)
        looked_at += 1
        parts += segments.measure(merged.text).count
        if len(samples) < _SHOWN:
            samples.append((person.number, merged.text))
        for name in merged.empty:
            empty[name] = empty.get(name, 0) + 1
    total = round(parts / looked_at * (count - opted_out)) if looked_at else 0
    return Preview(
        recipients=count,
        opted_out=opted_out,
        segments=total,
        seconds=round(total / _rate(broadcast, lines)),
        samples=tuple(samples),
        empty=tuple(empty.items()),
        unknown=unknown_fields(broadcast),
        advice=advise(
            samples[0][1] if samples else broadcast.text,
            sender_name=sender_name,
            kind=Kind.BULK,
        ),
    )


def _rate(broadcast: Broadcast, lines: Sequence[Line]) -> float:
    rates = (number_rate(line) for line in lines if line.number == broadcast.our_number)
    return next(rates, _USUAL_RATE) or _USUAL_RATE


def _count(people: QuerySet[BroadcastRecipient]) -> Coalesce:
    counted = people.order_by().values("broadcast").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), Value(0))
