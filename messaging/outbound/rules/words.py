"""Rules and routes in plain words, for lists, the message's page and the test box."""

from __future__ import annotations

from messaging.models import OutboundRoute, OutboundRule
from tenants.numbers import for_people


def in_words(rule: OutboundRule) -> str:
    """Say when the rule holds; its groups and hours must be loaded."""
    parts = []
    if rule.number_prefixes:
        parts.append(f"number begins with {_either(rule.number_prefixes)}")
    if rule.lengths:
        parts.append(f"number has {_either(rule.lengths)} digits")
    if rule.extensions:
        parts.append(f"sender's extension is {_either(rule.extensions)}")
    if groups := [str(group) for group in rule.user_groups.all()]:
        parts.append(f"sender is in {' or '.join(groups)}")
    if rule.hours is not None:
        parts.append(f"within the hours “{rule.hours.name}”")
    words = " and ".join(parts)
    return words[:1].upper() + words[1:]


def account_in_words(route: OutboundRoute) -> str:
    """Name the account of a route."""
    return route.configuration.name if route.configuration else "the platform's account"


def route_in_words(route: OutboundRoute, *, country: str) -> str:
    """Say what the route does; its configuration must be loaded."""
    words = account_in_words(route)
    if route.sender:
        words += f" from {for_people(route.sender, country=country)}"
    if change := change_in_words(route):
        words += f", {change}"
    return words if route.enabled else f"{words} (off)"


def change_in_words(route: OutboundRoute) -> str:
    """Say what is done to the number; "" = nothing."""
    parts = []
    if route.strip:
        parts.append(f"strip {route.strip} digit{'' if route.strip == 1 else 's'}")
    if route.prepend:
        parts.append(f"prepend {route.prepend}")
    return " then ".join(parts)


def _either(kept: str) -> str:
    return " or ".join(kept.split(";"))
