"""What a rule must say to be saved: the form and the REST API ask here."""

from __future__ import annotations

from collections.abc import Mapping

from messaging.models import SmsConfiguration
from messaging.outbound.rules import conditions
from messaging.outbound.rules.conditions import BadCondition
from messaging.outbound.rules.dialing import CannotDial, tidy_prepend
from messaging.outbound.rules.routes import own_numbers
from messaging.outbound.sender_ids import NotASender, parse_sender
from providers.registry import platform_account
from tenants.models import Tenant

MOST_ROUTES = 6
NO_CONDITION = (
    "Give at least one condition: the beginning of the number, its length, the sender's extension"
    " or a group. A rule for all numbers of the USA and Canada has the beginning 1."
)
NO_ROUTE = "Give the rule a route to send by."
TOO_MANY_ROUTES = f"A rule can have {MOST_ROUTES} routes."
NO_PLATFORM = "This platform has no account of its own: choose an SMS/MMS configuration."

_READERS = {
    "number_prefixes": conditions.prefixes,
    "extensions": conditions.extension_spans,
    "lengths": conditions.lengths,
}


class RuleProblem(ValueError):
    """A rule or route cannot be saved as it is; `field` says which input to mend."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def judge_list(field: str, typed: str) -> str:
    """Return a condition's list as it is kept.

    Raises RuleProblem.
    """
    tidied = conditions.tidy(typed)
    try:
        _READERS[field](tidied)
    except BadCondition as problem:
        raise RuleProblem(field, str(problem)) from problem
    return tidied.replace("+", "") if field == "number_prefixes" else tidied


def check_conditions(lists: Mapping[str, str], *, has_groups: bool) -> None:
    """Refuse a rule that would hold for everything by leaving all out.

    Raises RuleProblem.
    """
    if not has_groups and not any(lists.get(field) for field in _READERS):
        raise RuleProblem("number_prefixes", NO_CONDITION)


def judge_prepend(typed: str) -> str:
    """Return the digits to prepend as they are kept.

    Raises RuleProblem.
    """
    try:
        return tidy_prepend(typed)
    except CannotDial as problem:
        raise RuleProblem("prepend", str(problem)) from problem


def judge_sender(tenant: Tenant, configuration: SmsConfiguration | None, typed: str) -> str:
    """Return a route's sender as it is kept; "" = the message's own.

    Raises RuleProblem.
    """
    if not typed.strip():
        return ""
    try:
        sender = parse_sender(typed, country=tenant.country)
    except NotASender as problem:
        raise RuleProblem("sender", str(problem)) from problem
    if sender not in own_numbers(tenant, configuration):
        name = f"“{configuration.name}”" if configuration else "the platform's account"
        raise RuleProblem(
            "sender",
            f"This is not a number of {name}: choose one that is on its trunk, or leave it empty.",
        )
    return sender


def check_platform(*, was_chosen: bool) -> None:
    """Refuse the platform's account where there is none, unless the route had it before.

    Raises RuleProblem.
    """
    if platform_account() is None and not was_chosen:
        raise RuleProblem("account", NO_PLATFORM)
