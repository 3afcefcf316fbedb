"""Targets and moments in words, for screens and API alike."""

from __future__ import annotations

from collections.abc import Iterable

from messaging.hours.opening import summary
from messaging.inbound.rules.deciding import Moment
from messaging.models import InboundTarget

Kind = InboundTarget.Kind
When = InboundTarget.When

SAME_DIGITS = "The extension the number ends with"
UNASSIGNED = "Nobody (unassigned)"


def target_words(target: InboundTarget) -> str:
    """Name a target as a list shows it."""
    match target.kind:
        case Kind.EXTENSION:
            return str(target.extension)
        case Kind.RING_GROUP:
            return f"Ring group {target.ring_group}"
        case Kind.EMAIL:
            return target.email
        case Kind.RANGE:
            return f"{target.range_first}-{target.range_last}, one for each number"
        case Kind.SAME:
            return SAME_DIGITS
        case _:
            return UNASSIGNED


def listed(targets: Iterable[InboundTarget], *, most: int = 3) -> str:
    """Name several targets, and how many more there are."""
    words = [target_words(target) for target in targets]
    shown = ", ".join(words[:most])
    return f"{shown} +{len(words) - most}" if len(words) > most else shown or "-"


def moment_words(moment: Moment) -> str:
    """Say which of a rule's times it is, and why."""
    if moment.advanced is not None:
        route = moment.advanced
        return f"The advanced route “{route.name}” (priority {route.priority}) holds."
    if moment.holiday is not None:
        return f"It is a holiday: {moment.holiday.name}."
    if moment.hours is None:
        return "Open: the company has no business hours, so it always is."
    state = "Open" if moment.when == When.OPEN else "Closed"
    return f"{state}, by the hours “{moment.hours.name}” ({summary(moment.hours)})."
