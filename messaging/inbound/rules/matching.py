"""Which rules fit a text, the most specific first.

Order: the caller's part that covers the fewest callers (one number or name, then narrow ranges
and patterns, then wide ones, then no mask at all), then the fewest DIDs, then the oldest rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from messaging.inbound.rules.caller_masks import sender_key, width_for, width_of_match
from messaging.inbound.rules.ranges import DidRange, did_key
from messaging.models import AdvancedRoute, InboundRule
from tenants.models import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A rule that fits, and how many callers its narrowest fitting part covers."""

    rule: InboundRule
    callers: float

    @property
    def dids(self) -> DidRange:
        """The rule's numbers."""
        return DidRange(first=self.rule.did_first, last=self.rule.did_last)

    @property
    def order(self) -> tuple[float, int, datetime, int]:
        """Return what the rules are sorted by; no two rules share it."""
        return (self.callers, self.dids.size, self.rule.created_at, self.rule.pk)

    @property
    def specificity(self) -> tuple[float, int]:
        """Return what a person can change about the order."""
        return (self.callers, self.dids.size)

    def why_behind(self, winner: Match) -> str:
        """Say why another rule comes before this one."""
        if self.callers > winner.callers:
            return "Its callers are wider." if self.rule.caller_mask else "It is for all callers."
        if self.dids.size > winner.dids.size:
            return "Its range of numbers is wider."
        return "It is exactly as specific, and newer: the older rule wins."


def matching_rules(tenant: Tenant, our_number: str, caller: str) -> list[Match]:
    """Return the enabled rules for a text from the caller, the winner first.

    A rule holds for its trunk only, and for numbers that are the tenant's own now. One query, and
    another where a rule fits; each rule says along with it whether it `has_routes` or
    `has_holidays` of its own.
    """
    if not our_number.removeprefix("+").isdecimal():
        return []
    key = did_key(our_number)
    candidates = InboundRule.objects.filter(
        enabled=True,
        did_first__lte=key,
        did_last__gte=key,
        trunk__phone_numbers__number=our_number,
        trunk__phone_numbers__tenant=tenant,
    ).order_by()
    # The masks alone at first: of hundreds of rules for a number few fit.
    masks, sender = candidates.values_list("pk", "caller_mask"), sender_key(caller)
    fitting = [pk for pk, mask in masks if width_for(mask, sender) is not None]
    return ranked(_read(fitting), caller) if fitting else []


def _read(keys: list[int]) -> QuerySet[InboundRule]:
    this = OuterRef("pk")
    chosen: Any = InboundRule.holidays.through
    holidays = chosen.objects.filter(inboundrule=this)
    return (
        InboundRule.objects.filter(pk__in=keys)
        .select_related("hours")
        .annotate(
            has_routes=Exists(AdvancedRoute.objects.filter(rule=this)),
            has_holidays=Exists(holidays),
        )
        .order_by()
    )


def ranked(candidates: Iterable[InboundRule], caller: str) -> list[Match]:
    """Keep the rules whose callers fit, the most specific first."""
    found = []
    for rule in candidates:
        callers = width_of_match(rule.caller_mask, caller)
        if callers is not None:
            found.append(Match(rule=rule, callers=callers))
    return sorted(found, key=lambda match: match.order)
