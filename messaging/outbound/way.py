"""The way a message leaves by: account and sender, and the numbers as the carrier is given them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from messaging.models import OutboundRule

if TYPE_CHECKING:
    from messaging.outbound.lines import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One try's account, sender and numbers; without a rule, those of Message Settings."""

    line: Line
    numbers: tuple[str, ...]  # whom the message has still to reach
    dialed: tuple[str, ...]  # the same, in the same order, as the carrier is given them
    rule: OutboundRule | None = None
    position: int = 0  # of the rule's route, from 1
    count: int = 0  # of the rule's routes that are on
    passed_over: str = ""  # why the routes between the last one tried and this cannot be used
    next_position: int = 0  # of the route to try when this one fails; 0 = there is none

    @property
    def told(self) -> str:
        """The timeline's words for a try by this way; "" without a rule."""
        if self.rule is None:
            return ""
        account = self.line.configuration
        by = f"“{account.name}”" if account else "the platform's account"
        words = f"{self.name} of rule “{self.rule.name}”: by {by} from {self.line.number}"
        return f"{words}. {self.passed_over}" if self.passed_over else words

    @property
    def name(self) -> str:
        """The route, among how many."""
        return f"Route {self.position} of {self.count}"
