"""What the winning rule says at a moment: advanced routes, then holidays, then hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from messaging.hours.opening import company_hours, holiday_on, is_open
from messaging.inbound.rules import times
from messaging.inbound.rules.matching import Match, matching_rules
from messaging.inbound.rules.ranges import did_key
from messaging.inbound.rules.targets import Destination, resolve
from messaging.models import (
    AdvancedRoute,
    BusinessHours,
    Holiday,
    InboundRule,
    InboundTarget,
)
from tenants.models import Tenant

When = InboundTarget.When


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Which of a rule's times it is, and why."""

    when: When
    advanced: AdvancedRoute | None = None
    holiday: Holiday | None = None
    hours: BusinessHours | None = None  # None = always open


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The rule that decides, the moment by its clock, where the text goes, and who lost."""

    rule: InboundRule
    moment: Moment
    targets_of: When  # office hours' where the moment has none of its own
    destination: Destination
    others: tuple[tuple[Match, str], ...]  # each with the reason


def decide(tenant: Tenant, our_number: str, *, caller: str, at: datetime) -> Decision | None:
    """Apply the tenant's rules to a text; None = none fits, Message Settings decide.

    One query where no rule fits, four where a plain one does.
    """
    matches = matching_rules(tenant, our_number, caller)
    if not matches:
        return None
    winner = matches[0]
    targets = list(winner.rule.targets.select_related("extension", "ring_group"))
    moment = _moment(winner.rule, targets, at.astimezone(ZoneInfo(tenant.timezone)))
    used, targets_of = _of(targets, moment)
    return Decision(
        rule=winner.rule,
        moment=moment,
        targets_of=targets_of,
        destination=resolve(used, did_key(our_number), winner.dids),
        others=tuple((other, other.why_behind(winner)) for other in matches[1:]),
    )


def _moment(rule: InboundRule, targets: Sequence[InboundTarget], local: datetime) -> Moment:
    # What `matching_rules` saw that there is none of need not be asked for.
    has_routes, has_holidays = rule.has_routes, rule.has_holidays  # type: ignore[attr-defined]
    for route in rule.advanced_routes.all() if has_routes else ():
        if times.holds(route, local):
            return Moment(when=When.ADVANCED, advanced=route)
    zone = str(local.tzinfo)
    chosen = list(rule.holidays.all()) if has_holidays else []
    holiday = holiday_on(local, zone=zone, holidays=_holidays(chosen, targets))
    if holiday is not None:
        return Moment(when=When.HOLIDAY, holiday=holiday)
    hours = rule.hours or company_hours()
    open_now = is_open(hours, local, zone=zone)
    return Moment(when=When.OPEN if open_now else When.CLOSED, hours=hours)


def _holidays(chosen: list[Holiday], targets: Sequence[InboundTarget]) -> list[Holiday]:
    if chosen or not any(target.when == When.HOLIDAY for target in targets):
        return chosen
    return list(Holiday.objects.all())  # with targets for holidays and none chosen: all of them


def _of(targets: Sequence[InboundTarget], moment: Moment) -> tuple[list[InboundTarget], When]:
    if moment.advanced is not None:
        route = moment.advanced.pk
        return [target for target in targets if target.advanced_id == route], When.ADVANCED
    own = [target for target in targets if target.when == moment.when]
    if own:
        return own, moment.when
    return [target for target in targets if target.when == When.OPEN], When.OPEN
