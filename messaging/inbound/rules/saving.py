"""Judging and storing a rule, however it was typed: by form, API or spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from messaging.inbound.rules.caller_masks import normalize_mask
from messaging.inbound.rules.problems import RuleProblem
from messaging.inbound.rules.ranges import DidRange, read_dids, read_extensions
from messaging.inbound.rules.times import normalize_times
from messaging.models import (
    AdvancedRoute,
    Extension,
    Holiday,
    InboundRule,
    InboundTarget,
    RingGroup,
)
from tenants.models import Tenant, Trunk

Kind = InboundTarget.Kind
When = InboundTarget.When

TIME_FIELDS = ("years", "months", "days", "weekdays", "times")
# The times a rule has targets for, with the words the screens and messages use.
TIMES = (When.OPEN, When.CLOSED, When.HOLIDAY)
NO_TARGET = "Say where the texts go: an extension, a ring group, an e-mail address or nobody."


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One target as it is to be stored."""

    kind: str
    extension: Extension | None = None
    ring_group: RingGroup | None = None
    email: str = ""
    range_first: str = ""
    range_last: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """An advanced route as it is to be stored; `times` are its five lists."""

    name: str
    priority: int
    times: Mapping[str, str]
    targets: Sequence[Target]


def usable_trunks(tenant: Tenant) -> QuerySet[Trunk]:
    """Return the trunks whose numbers a tenant's rules may be about."""
    return Trunk.objects.filter(Q(tenant=tenant) | Q(tenant=None))


def judge_dids(tenant: Tenant, rule: InboundRule, text: str) -> DidRange:
    """Put the typed numbers into the rule, whose trunk is set.

    Raises RuleProblem.
    """
    if not usable_trunks(tenant).filter(pk=rule.trunk_id).exists():
        raise RuleProblem("trunk", "This is not one of your trunks.")
    dids = read_dids(tenant, rule.trunk, text)
    rule.did_first, rule.did_last = dids.first, dids.last
    return dids


def judge_mask(tenant: Tenant, text: str) -> str:
    """Return the caller mask as it is stored.

    Raises RuleProblem.
    """
    return normalize_mask(text, country=tenant.country)


def judge_times(values: Mapping[str, str]) -> dict[str, str]:
    """Return an advanced route's lists as they are stored; at least one says something.

    Raises RuleProblem.
    """
    read = {field: normalize_times(field, values.get(field, "")) for field in TIME_FIELDS}
    if not any(read.values()):
        raise RuleProblem("times", "Say when the route holds, or it would always do.")
    return read


def range_target(text: str, dids: DidRange, *, field: str) -> Target:
    """Read a range of extensions, one for each DID.

    Raises RuleProblem.
    """
    extensions = read_extensions(text, dids, field=field)
    return Target(kind=Kind.RANGE, range_first=extensions.first, range_last=extensions.last)


def judge_targets(targets: Sequence[Target], *, field: str) -> None:
    """Refuse targets that contradict each other.

    Raises RuleProblem.
    """
    kinds = {target.kind for target in targets}
    if Kind.NOBODY in kinds and kinds - {Kind.NOBODY, Kind.EMAIL}:
        raise RuleProblem(field, "Nobody and somebody at once cannot be: choose one of them.")
    if len(targets) > 50:
        raise RuleProblem(field, "At most 50 targets: make a ring group of them.")


def store_targets(
    rule: InboundRule,
    when: When,
    targets: Iterable[Target],
    *,
    advanced: AdvancedRoute | None = None,
) -> None:
    """Have the rule lead there at this time; rows that stay the same are left alone."""
    wanted = list(dict.fromkeys(targets))
    for row in rule.targets.filter(when=when, advanced=advanced).select_related(
        "extension", "ring_group"
    ):
        if (same := target_of(row)) in wanted:
            wanted.remove(same)
        else:
            row.delete()
    for target in wanted:
        InboundTarget.objects.create(rule=rule, when=when, advanced=advanced, **_values(target))


def store_rule(
    rule: InboundRule,
    *,
    targets: Mapping[When, Sequence[Target]],
    holidays: Iterable[Holiday] | None = None,
    advanced: Sequence[Advanced] | None = None,
) -> InboundRule:
    """Save a judged rule with what hangs on it; None leaves that as it is. Needs a transaction."""
    rule.save()
    for when, listed in targets.items():
        store_targets(rule, when, listed)
    if holidays is not None:
        rule.holidays.set(holidays)
    if advanced is not None:
        for row in rule.advanced_routes.all():
            row.delete()
        for each in advanced:
            route = AdvancedRoute.objects.create(
                rule=rule, name=each.name, priority=each.priority, **each.times
            )
            store_targets(rule, When.ADVANCED, each.targets, advanced=route)
    return rule


def target_of(row: InboundTarget) -> Target:
    """Return a stored target as it would be stored again."""
    return Target(
        kind=row.kind,
        extension=row.extension,
        ring_group=row.ring_group,
        email=row.email,
        range_first=row.range_first,
        range_last=row.range_last,
    )


def _values(target: Target) -> dict[str, Any]:
    return {name: getattr(target, name) for name in Target.__slots__}
