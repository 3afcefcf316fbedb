"""A rule's routes as a whole, and what stands in the way of deleting what rules need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from messaging.models import OutboundRoute, OutboundRule, RingGroup, SmsConfiguration

_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteValues:
    """A route as it was asked for and judged."""

    configuration: SmsConfiguration | None
    sender: str = ""
    strip: int = 0
    prepend: str = ""
    enabled: bool = True


def store_routes(rule: OutboundRule, routes: Sequence[RouteValues]) -> None:
    """Make these the rule's routes, in their order; those that stay the same keep their rows."""
    stored = list(rule.routes.order_by("position", "id"))
    for position, values in enumerate(routes):
        route = stored[position] if position < len(stored) else OutboundRoute(rule=rule)
        route.position = position
        route.configuration = values.configuration
        route.sender = values.sender
        route.strip = values.strip
        route.prepend = values.prepend
        route.enabled = values.enabled
        route.save()
    for left in stored[len(routes) :]:
        left.delete()


def needed_by(what: SmsConfiguration | RingGroup) -> str:
    """Say which outbound rules would lose a route or a condition with it; "" = none."""
    if isinstance(what, RingGroup):
        rules = OutboundRule.objects.filter(user_groups=what)
    else:
        rules = OutboundRule.objects.filter(routes__configuration=what)
    names = [f"“{name}”" for name in rules.distinct().values_list("name", flat=True)[:_NAMED]]
    if not names:
        return ""
    return f"Outbound rules need it: {', '.join(names)}. Change them first."
