"""What a run found: figures with their yardsticks, goals and marks."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Judged(StrEnum):
    """Which side of a figure is held against its goal."""

    VALUE = "value"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A bound, or two."""

    at_least: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        bounds = (("≥", self.at_least), ("≤", self.at_most))
        return " ".join(f"{sign} {number(bound)}" for sign, bound in bounds if bound is not None)

    def is_met(self, value: float) -> bool:
        """Tell whether the value keeps the bounds."""
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured thing, a value for each repeat.

    The yardstick's values are of the same repeats, minute by minute: what else ran on the machine
    slowed both.
    """

    key: str
    title: str
    unit: str
    values: tuple[float, ...]
    yardstick: tuple[float, ...] = ()
    yardstick_title: str = ""
    judged: Judged = Judged.VALUE
    goal: Goal | None = None

    @property
    def ratios(self) -> tuple[float, ...]:
        """Each repeat against its own yardstick."""
        pairs = zip(self.values, self.yardstick, strict=False)
        return tuple(value / measure for value, measure in pairs if measure)

    @property
    def is_sound(self) -> bool:
        """Tell whether there is something to judge: not with a yardstick of nought, say."""
        return bool(self.values and (self.judged == Judged.VALUE or self.ratios))

    @property
    def score(self) -> float:
        """The median of what is judged."""
        judged = self.ratios if self.judged == Judged.RATIO else self.values
        return statistics.median(judged)

    @property
    def mark(self) -> str:
        """`ok`, `MISSED`, or nothing where no goal was set."""
        if self.goal is None:
            return ""
        return "ok" if self.goal.is_met(self.score) else "MISSED"


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def number(value: float) -> str:
    """Write a figure as short as it stays exact enough."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
