"""How many segments per second each kind of number may send, as the platform has it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tenants.models import ThroughputPreset

Kind = ThroughputPreset.Kind

USUAL: dict[str, float] = {
    Kind.LOCAL: 1.0,
    Kind.REGISTERED: 15.0,
    Kind.TOLL_FREE: 3.0,
    Kind.SHORT_CODE: 100.0,
}
_KEPT = 30.0  # seconds; every message asks

_known: tuple[float, dict[str, float]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What holds for one kind of number."""

    label: str
    rate: float
    is_usual: bool


def rates() -> dict[str, float]:
    """Return the figure of each kind; seconds old at most."""
    global _known  # noqa: PLW0603  # a query less for each message
    now = time.monotonic()
    if _known is None or _known[0] < now:
        _known = (now + _KEPT, USUAL | _own())
    return _known[1]


def forget_rates() -> None:
    """Read them anew when they are asked for next."""
    global _known  # noqa: PLW0603
    _known = None


def figures() -> list[Figure]:
    """Return what holds for each kind at this moment, in words."""
    own = _own()
    return [
        Figure(label=kind.label, rate=own.get(kind, USUAL[kind]), is_usual=kind not in own)
        for kind in Kind
    ]


def _own() -> dict[str, float]:
    return dict(ThroughputPreset.objects.values_list("kind", "segments_per_second"))
