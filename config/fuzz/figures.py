"""What a part of the run found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Figures:
    """Counts by what they count, and what did not hold."""

    part: str
    counts: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def broke(self, what: str) -> None:
        """Note something that does not hold."""
        self.broken.append(what)

    def lines(self) -> list[str]:
        """Tell it."""
        told = [f"{self.part}: {name}: {count}" for name, count in self.counts.items()]
        return told + [f"{self.part}: BROKEN: {what}" for what in self.broken]
