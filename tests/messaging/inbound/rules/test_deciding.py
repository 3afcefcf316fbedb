"""Where a text goes that rules speak of: from the winning rule to the people it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.inbound.routing import route_for
from messaging.inbound.rules.deciding import decide
from messaging.models import (
    BusinessHours,
    Extension,
    Holiday,
    InboundRule,
    InboundTarget,
    MessageSetting,
    RingGroup,
)
from tenants.models import PhoneNumber, Tenant, Trunk

OURS = "+19195550101"
OURS_AS_KEY = 19195550101
CUSTOMER = "+15125550300"
MONDAY = "2026-11-02T10:00"
MONDAY_NIGHT = "2026-11-02T20:00"
CHRISTMAS = "2026-12-25T10:00"

Inside = Callable[[Tenant], AbstractContextManager[None]]
When = InboundTarget.When
Kind = InboundTarget.Kind


@pytest.fixture
def in_acme(acme: Tenant, acme_line: MessageSetting, inside: Inside) -> Iterator[Tenant]:
    """Acme in New York, with its number 101 and nine more on the same trunk."""
    acme.timezone = "America/New_York"
    acme.save()
    trunk = acme_line.phone_number.trunk
    PhoneNumber.objects.bulk_create(
        [
            PhoneNumber(number=f"+1919555010{n}", trunk=trunk, tenant=acme)
            for n in (0, *range(2, 10))
        ]
    )
    with inside(acme):
        yield acme


def _desk(number: str) -> Extension:
    desk, _ = Extension.objects.get_or_create(number=number)
    return desk


def _rule(name: str = "Rule", **fields: Any) -> InboundRule:
    values = {
        "trunk": PhoneNumber.objects.get(number=OURS).trunk,
        "did_first": OURS_AS_KEY,
        "did_last": OURS_AS_KEY,
        **fields,
    }
    return InboundRule.objects.create(name=name, **values)


def _to(rule: InboundRule, extension: str, when: str = When.OPEN, **fields: Any) -> None:
    rule.targets.create(when=when, kind=Kind.EXTENSION, extension=_desk(extension), **fields)


def _hours(**fields: Any) -> BusinessHours:
    values = {"name": "Office", "week": {str(d): [["09:00", "17:00"]] for d in range(1, 6)}}
    return BusinessHours.objects.create(**{**values, **fields})


def _goes_to(tenant: Tenant, at: str = MONDAY, caller: str = CUSTOMER, to: str = OURS) -> list[str]:
    moment = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(tenant.timezone)).astimezone(UTC)
    return [desk.number for desk in route_for(tenant, to, caller=caller, at=moment).extensions]


def _winner(tenant: Tenant, caller: str = CUSTOMER) -> str:
    decision = decide(tenant, OURS, caller=caller, at=datetime(2026, 11, 2, 15, tzinfo=UTC))
    return decision.rule.name if decision else ""


def test_rules_cost_a_number_without_any_one_query(in_acme: Tenant) -> None:
    with CaptureQueriesContext(connection) as captured:
        _goes_to(in_acme)
    assert sum("messaging_inboundrule" in query["sql"] for query in captured) == 1
    assert sum("messaging_inboundtarget" in query["sql"] for query in captured) == 0


def test_hundreds_of_rules_for_a_number_cost_four_queries(in_acme: Tenant) -> None:
    trunk = PhoneNumber.objects.get(number=OURS).trunk
    InboundRule.objects.bulk_create(
        InboundRule(
            name=f"Rule {n}",
            trunk=trunk,
            did_first=OURS_AS_KEY,
            did_last=OURS_AS_KEY,
            caller_mask=f"+1{n + 200}55502**; +1{n + 200}55503**",
        )
        for n in range(500)
    )
    _to(InboundRule.objects.get(caller_mask__startswith="+1512"), "201")
    with CaptureQueriesContext(connection) as captured:
        assert _goes_to(in_acme) == ["201"]
    assert len(captured) <= 4


def test_a_rule_comes_before_message_settings(in_acme: Tenant) -> None:
    _to(_rule(), "201")
    assert _goes_to(in_acme) == ["201"]
    assert _goes_to(in_acme, to="+19195550102") == []


def test_a_rule_decides_for_a_number_whose_settings_are_off(in_acme: Tenant) -> None:
    MessageSetting.objects.update(enabled=False)
    assert _goes_to(in_acme) == []
    _to(_rule(), "201")
    assert _goes_to(in_acme) == ["201"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"enabled": False}, id="switched off"),
        pytest.param({"caller_mask": "+15125550301"}, id="another caller"),
        pytest.param({"did_first": OURS_AS_KEY + 1, "did_last": OURS_AS_KEY + 9}, id="other DIDs"),
    ],
)
def test_a_rule_that_does_not_fit_leaves_it_to_the_settings(
    in_acme: Tenant, fields: dict[str, Any]
) -> None:
    _to(_rule(**fields), "201")
    assert _goes_to(in_acme) == ["101"]


def test_a_rule_of_another_trunk_does_not_fit(in_acme: Tenant) -> None:
    other = Trunk.objects.create(name="Other", provider="bandwidth", tenant=in_acme)
    _to(_rule(trunk=other), "201")
    assert _goes_to(in_acme) == ["101"]


def test_a_rule_does_not_fit_a_number_that_is_not_the_tenants_any_more(in_acme: Tenant) -> None:
    _to(_rule(), "201")
    PhoneNumber.objects.filter(number=OURS).update(tenant=None)
    assert decide(in_acme, OURS, caller=CUSTOMER, at=datetime(2026, 11, 2, tzinfo=UTC)) is None


def test_a_range_never_routes_another_tenants_number(
    in_acme: Tenant, globex: Tenant, inside: Inside, trunk: Trunk
) -> None:
    wide = _rule(did_first=19195550000, did_last=19195559999)
    _to(wide, "201")
    theirs = "+19195550777"
    PhoneNumber.objects.create(number=theirs, trunk=trunk, tenant=globex)

    assert _goes_to(in_acme, to=theirs) == []
    with inside(globex):
        assert _goes_to(globex, to=theirs) == []
        assert _goes_to(globex) == []


@pytest.mark.parametrize(
    ("rules", "winner"),
    [
        pytest.param([("all", "", 1), ("one", CUSTOMER, 1)], "one", id="exact caller before all"),
        pytest.param(
            [("wide", "+1512555****", 1), ("near", "+1512555030*", 1)], "near", id="longer mask"
        ),
        pytest.param(
            [("mask", "+1512555030*", 1), ("range", "+15125550300-+15125550304", 1)],
            "range",
            id="narrower range",
        ),
        pytest.param(
            [("narrow", "", 1), ("caller", "+1512*******", 9)], "caller", id="caller before DIDs"
        ),
        pytest.param([("ten", "", 9), ("one", "", 1)], "one", id="fewest DIDs"),
        pytest.param([("old", "", 1), ("new", "", 1)], "old", id="the older of equals"),
        pytest.param(
            [("list", f"+1512*******;{CUSTOMER}", 1), ("near", "+1512555030*", 1)],
            "list",
            id="the part that fits counts",
        ),
    ],
)
@pytest.mark.parametrize("backwards", [False, True], ids=["", "made the other way round"])
def test_the_most_specific_rule_wins(
    in_acme: Tenant, rules: list[tuple[str, str, int]], winner: str, backwards: object
) -> None:
    for name, mask, size in reversed(rules) if backwards and winner != "old" else rules:
        _to(_rule(name, caller_mask=mask, did_last=OURS_AS_KEY + size - 1), "201")
    assert _winner(in_acme) == winner


def test_equals_say_that_the_older_wins(in_acme: Tenant) -> None:
    for name in ("old", "new"):
        _to(_rule(name), "201")
    decision = decide(in_acme, OURS, caller=CUSTOMER, at=datetime(2026, 11, 2, tzinfo=UTC))
    assert decision is not None
    ((loser, why),) = decision.others
    assert loser.rule.name == "new"
    assert "the older rule wins" in why


def test_an_alphanumeric_sender_fits_its_name_only(in_acme: Tenant) -> None:
    _to(_rule("digits", caller_mask="****"), "201")
    assert _goes_to(in_acme, caller="ACME") == ["101"]
    _to(_rule("name", caller_mask="Acme"), "202")
    assert _goes_to(in_acme, caller="ACME") == ["202"]


@pytest.mark.parametrize(
    ("at", "desk"),
    [
        pytest.param(MONDAY, "201", id="open"),
        pytest.param(MONDAY_NIGHT, "202", id="closed"),
        pytest.param(CHRISTMAS, "203", id="holiday before office hours"),
        pytest.param("2026-12-25T20:00", "203", id="holiday before closed"),
        pytest.param("2026-12-24T12:30", "204", id="advanced before office hours"),
        pytest.param("2027-12-25T12:30", "204", id="advanced before holiday"),
        pytest.param("2026-11-01T01:30", "202", id="Sunday, the hour that comes twice"),
        pytest.param("2026-03-09T09:00", "201", id="first Monday of summer time"),
        pytest.param("2026-03-06T08:59", "202", id="last Friday of winter time"),
    ],
)
def test_advanced_then_holiday_then_hours(in_acme: Tenant, at: str, desk: str) -> None:
    rule = _rule(hours=_hours())
    rule.holidays.add(
        Holiday.objects.create(
            name="Christmas",
            first_day=date(2020, 12, 25),
            last_day=date(2020, 12, 26),
            every_year=True,
        )
    )
    _to(rule, "201")
    _to(rule, "202", When.CLOSED)
    _to(rule, "203", When.HOLIDAY)
    late = rule.advanced_routes.create(name="Late", priority=5, months="12", times="12:00-13:00")
    first = rule.advanced_routes.create(
        name="Lunch", priority=0, months="12", days="24", times="12:00-13:00"
    )
    _to(rule, "204", When.ADVANCED, advanced=first)
    _to(rule, "205" if at.startswith("2026") else "204", When.ADVANCED, advanced=late)
    assert _goes_to(in_acme, at=at) == [desk]


def test_no_targets_for_a_time_are_those_of_office_hours(in_acme: Tenant) -> None:
    rule = _rule(hours=_hours())
    rule.holidays.add(
        Holiday.objects.create(name="X", first_day=date(2026, 12, 25), last_day=date(2026, 12, 25))
    )
    _to(rule, "201")
    assert _goes_to(in_acme, at=MONDAY_NIGHT) == ["201"]
    assert _goes_to(in_acme, at=CHRISTMAS) == ["201"]


def test_the_companys_hours_and_holidays_count_where_none_are_chosen(in_acme: Tenant) -> None:
    _hours(is_default=True)
    Holiday.objects.create(name="X", first_day=date(2026, 12, 25), last_day=date(2026, 12, 25))
    rule = _rule()
    _to(rule, "201")
    _to(rule, "202", When.CLOSED)
    assert _goes_to(in_acme, at=MONDAY_NIGHT) == ["202"]
    assert _goes_to(in_acme, at=CHRISTMAS) == ["201"]  # it has nothing to say about holidays
    _to(rule, "203", When.HOLIDAY)
    assert _goes_to(in_acme, at=CHRISTMAS) == ["203"]


def test_several_targets_at_once(in_acme: Tenant) -> None:
    rule = _rule()
    group = RingGroup.objects.create(number="600", name="Sales")
    _to(rule, "201")
    _to(rule, "202")
    rule.targets.create(kind=Kind.RING_GROUP, ring_group=group)
    rule.targets.create(kind=Kind.EMAIL, email="a@acme.example")
    rule.targets.create(kind=Kind.EMAIL, email="b@acme.example")
    route = route_for(in_acme, OURS, caller=CUSTOMER, at=datetime(2026, 11, 2, tzinfo=UTC))
    assert [desk.number for desk in route.extensions] == ["201", "202"]
    assert route.ring_groups == (group,)
    assert route.emails == ("a@acme.example", "b@acme.example")
    assert route.rule == "Rule"


def test_a_range_leads_each_number_to_its_own_extension(in_acme: Tenant) -> None:
    rule = _rule(did_first=19195550100, did_last=19195550109)
    rule.targets.create(kind=Kind.RANGE, range_first="0300", range_last="0309")
    for n in range(10):
        _desk(f"030{n}")
    for n in range(10):
        assert _goes_to(in_acme, to=f"+1919555010{n}") == [f"030{n}"]


def test_the_same_digits_lead_to_the_longest_extension_that_ends_the_number(
    in_acme: Tenant,
) -> None:
    _rule().targets.create(kind=Kind.SAME)
    assert _goes_to(in_acme) == ["101"]
    _desk("0101")
    assert _goes_to(in_acme) == ["0101"]


def test_what_is_gone_is_skipped_and_told(in_acme: Tenant) -> None:
    rule = _rule()
    rule.targets.create(kind=Kind.RANGE, range_first="900", range_last="900")
    decision = decide(in_acme, OURS, caller=CUSTOMER, at=datetime(2026, 11, 2, tzinfo=UTC))
    assert decision is not None
    assert decision.destination.is_unassigned
    assert decision.destination.skipped == ("There is no extension 900.",)
    _to(rule, "201")
    assert _goes_to(in_acme) == ["201"]


def test_nobody_is_the_unassigned_list(in_acme: Tenant) -> None:
    _rule().targets.create(kind=Kind.NOBODY)
    assert _goes_to(in_acme) == []


def test_a_number_that_is_no_number_fits_no_rule(in_acme: Tenant) -> None:
    _to(_rule(), "201")
    assert _goes_to(in_acme, to="ACME") == []
