"""What the demo shows of rules, hours and broadcasts, set so that its first texts go as ever."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from messaging.broadcasts import audience
from messaging.hours.opening import WEEKDAYS, read_week
from messaging.inbound.rules.saving import Target, When, judge_dids, judge_mask, store_rule
from messaging.models import (
    Broadcast,
    BusinessHours,
    Contact,
    Extension,
    Holiday,
    InboundRule,
    InboundTarget,
    OutboundRule,
    SmsConfiguration,
)
from messaging.outbound.rules.storing import RouteValues, store_routes
from tenants.models import Tenant, Trunk, User

_OPEN = "12345"
_TAG = "patients"
_PATIENTS = (
    ("Maya Lopez", "+12125550132", "patients"),
    ("Omar Haddad", "+12125550133", "patients, recall"),
    ("Priya Nair", "+15125550134", "patients"),
    ("Bright Smile Labs", "+15125550135", "suppliers"),
)


def fill(
    tenant: Tenant, trunk: Trunk, configuration: SmsConfiguration, *, line: str, author: User
) -> None:
    """Give a company hours, a holiday, rules, and people to write to."""
    _open_on_weekdays()
    _rule_by_area(tenant, trunk, line)
    _rule_abroad(configuration)
    for name, number, tags in _PATIENTS:
        listed = tags.split(", ")
        Contact.objects.get_or_create(number=number, defaults={"name": name, "tags": listed})
    _broadcast(tenant, line, author)


def _open_on_weekdays() -> None:
    week, _ = read_week({day: "9-17" if day in _OPEN else "" for day in WEEKDAYS})
    BusinessHours.objects.get_or_create(name="Office", defaults={"week": week, "is_default": True})
    new_year = date(timezone.localdate().year, 1, 1)
    Holiday.objects.get_or_create(
        name="New Year's Day",
        defaults={"first_day": new_year, "last_day": new_year, "every_year": True},
    )


def _rule_by_area(tenant: Tenant, trunk: Trunk, line: str) -> None:
    """Send the texts of one area code to the second desk; all others go on as they are set."""
    name = "New York patients to Bea"
    desk = Extension.objects.order_by("number")[1:2].first()
    if desk is None or InboundRule.objects.filter(name=name).exists():
        return
    rule = InboundRule(name=name, trunk=trunk, caller_mask=judge_mask(tenant, "+1212*******"))
    judge_dids(tenant, rule, line)
    store_rule(
        rule,
        targets={When.OPEN: [Target(kind=InboundTarget.Kind.EXTENSION, extension=desk)]},
    )


def _rule_abroad(configuration: SmsConfiguration) -> None:
    """Show a rule by the number's beginning; it is off, so nothing leaves by it."""
    rule, is_new = OutboundRule.objects.get_or_create(
        name="Texts to the UK", defaults={"number_prefixes": "44", "enabled": False}
    )
    if is_new:
        store_routes(rule, [RouteValues(configuration=configuration)])


def _broadcast(tenant: Tenant, line: str, author: User) -> None:
    """Write a broadcast that waits to be looked at and started."""
    text = f"{tenant.name}: Hi {{first_name|there}}, we close on Friday. Text STOP to opt out."
    broadcast, is_new = Broadcast.objects.get_or_create(
        name="Closed on Friday",
        defaults={"our_number": line, "text": text, "author": author},
    )
    if is_new:
        audience.replace(broadcast, audience.tagged(_TAG))
