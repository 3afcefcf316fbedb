"""What every part of the bench is given, and how it says that it cannot be measured."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class NotMeasured(RuntimeError):
    """This part has no figures; the message says why and what would help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run's surroundings: how long, where, and with which servers."""

    repeats: int
    is_quick: bool
    data: Path
    env: Mapping[str, str]  # of the scratch database
    kept_env: Mapping[str, str]  # of the database that stays
    ends_at: float  # on the monotonic clock
    part_ends_at: float  # a part's share of it: no further repeat is begun that would not fit

    def say(self, line: str) -> None:
        """Tell who waits what is done."""
        sys.stderr.write(f"  {line}\n")
        sys.stderr.flush()

    def sized(self, full: int, quick: int) -> int:
        """Choose between a full run's size and a quick one's."""
        return quick if self.is_quick else full

    @property
    def seconds_left(self) -> float:
        """What is left of the run's time; below nought once it is used up."""
        return self.ends_at - time.monotonic()

    def check_time(self) -> None:
        """Raise NotMeasured once the run's time is used up."""
        if self.seconds_left <= 0:
            raise NotMeasured("the run's time was used up before")

    def interleaved(self, legs: Sequence[Callable[[int], Any]]) -> list[list[Any]]:
        """Run the legs A B A B A B and return each one's results, of whatever kind they are.

        Whatever else the machine does then slows all of them alike.
        """
        results: list[list[Any]] = [[] for _ in legs]
        began = time.monotonic()
        for repeat in range(self.repeats):
            now = time.monotonic()
            if repeat and now + (now - began) / repeat > self.part_ends_at:
                self.say(f"no time for more than {repeat} of {self.repeats} repeats")
                break
            for leg, found in zip(legs, results, strict=True):
                found.append(leg(repeat))
        return results
