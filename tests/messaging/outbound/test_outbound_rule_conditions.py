"""When an outbound rule holds: prefixes, lengths, extensions, groups and hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.models import BusinessHours, Extension, Holiday, OutboundRule, RingGroup
from messaging.outbound.rules import conditions
from messaging.outbound.rules.conditions import BadCondition
from messaging.outbound.rules.dialing import CannotDial, dialed, tidy_prepend
from messaging.outbound.rules.matching import Text, rule_for, why_not
from tenants.models import Tenant

NEW_YORK, AUSTIN, LONDON, SHORT = "+12125550100", "+15125550300", "+442071838750", "72345"
MONDAY = date(2026, 3, 2)


def on_monday(clock: str) -> datetime:
    """Return the time by the tenant's clock, on a day without a change of it."""
    hour, minute = clock.split(":")
    zone = ZoneInfo("America/New_York")
    return datetime(2026, 3, 2, int(hour), int(minute), tzinfo=zone)


def rule(**fields: Any) -> OutboundRule:
    count = OutboundRule.objects.count()
    return OutboundRule.objects.create(**{"name": f"Rule {count + 1}", **fields})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    id: str
    fields: dict[str, str]
    numbers: tuple[str, ...] = (NEW_YORK,)
    extension: str = ""
    holds: bool = True


CASES = [
    Case(id="prefix", fields={"number_prefixes": "1212;44"}),
    Case(id="second prefix", fields={"number_prefixes": "1212;44"}, numbers=(LONDON,)),
    Case(id="other prefix", fields={"number_prefixes": "1212;44"}, numbers=(AUSTIN,), holds=False),
    Case(id="plus and spaces", fields={"number_prefixes": " +1 212 ; +44 "}),
    Case(id="prefix of a short code", fields={"number_prefixes": "72"}, numbers=(SHORT,)),
    Case(id="length", fields={"lengths": "10;11"}),
    Case(id="other length", fields={"lengths": "10;11"}, numbers=(LONDON,), holds=False),
    Case(id="short codes by length", fields={"lengths": "5;6"}, numbers=(SHORT,)),
    Case(id="extension", fields={"extensions": "100-200;301"}, extension="150"),
    Case(id="first of the range", fields={"extensions": "100-200"}, extension="100"),
    Case(id="last of the range", fields={"extensions": "100-200"}, extension="200"),
    Case(id="single extension", fields={"extensions": "100-200;301"}, extension="301"),
    Case(id="beyond the range", fields={"extensions": "100-200"}, extension="201", holds=False),
    Case(id="leading zero", fields={"extensions": "100-200"}, extension="0150", holds=False),
    Case(id="over two lengths", fields={"extensions": "90-110"}, extension="99"),
    Case(id="nobody's", fields={"extensions": "100-200"}, holds=False),
    Case(id="and", fields={"number_prefixes": "1", "lengths": "11", "extensions": "101"},
         extension="101"),
    Case(id="and, one fails", fields={"number_prefixes": "1", "extensions": "101"},
         extension="102", holds=False),
    Case(id="group, all fit", fields={"number_prefixes": "1"}, numbers=(NEW_YORK, AUSTIN)),
    Case(id="group, one does not", fields={"number_prefixes": "1212"},
         numbers=(NEW_YORK, AUSTIN), holds=False),
    Case(id="no condition left", fields={}, holds=False),
    Case(id="unreadable", fields={"lengths": "many"}, holds=False),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_rule_holds_when_all_its_conditions_do(at_acme: Tenant, case: Case) -> None:
    extension = Extension(number=case.extension) if case.extension else None
    if extension and not Extension.objects.filter(number=extension.number).exists():
        extension.save()
    text = Text(case.numbers, tenant=at_acme, at=on_monday("12:00"), extension=extension)

    reason = why_not(rule(**case.fields), text)

    assert (not reason) is case.holds, reason


def test_user_groups_are_ring_groups_of_the_senders_extension(at_acme: Tenant) -> None:
    member, other = Extension.objects.get(number="101"), Extension.objects.create(number="102")
    sales = RingGroup.objects.create(number="600", name="Sales")
    sales.members.add(member)
    asked = rule()
    asked.user_groups.add(sales)

    def holds(extension: Extension | None) -> bool:
        text = Text((AUSTIN,), tenant=at_acme, at=on_monday("12:00"), extension=extension)
        return not why_not(asked, text)

    assert [holds(member), holds(other), holds(None)] == [True, False, False]


@pytest.mark.parametrize(
    ("clock", "holiday", "holds"),
    [
        ("09:00", False, True),
        ("16:59", False, True),
        ("17:00", False, False),
        ("12:00", True, False),
    ],
    ids=["opening", "last minute", "closed", "holiday"],
)
def test_rule_with_hours_holds_within_them(
    at_acme: Tenant,
    clock: str,
    holiday: bool,  # noqa: FBT001  # a case of the table
    holds: bool,  # noqa: FBT001
) -> None:
    at_acme.timezone = "America/New_York"
    hours = BusinessHours.objects.create(name="Office", week={"1": [["09:00", "17:00"]]})
    if holiday:
        Holiday.objects.create(name="Founders' Day", first_day=MONDAY, last_day=MONDAY)
    asked = rule(number_prefixes="1", hours=hours)
    text = Text((AUSTIN,), tenant=at_acme, at=on_monday(clock))

    assert (not why_not(asked, text)) is holds


def test_lowest_priority_wins_and_of_equals_the_older(at_acme: Tenant) -> None:
    text = Text((AUSTIN,), tenant=at_acme, at=on_monday("12:00"))
    last = rule(number_prefixes="1", priority=2000)
    older = rule(name="Z", number_prefixes="1")
    rule(name="A", number_prefixes="1")
    assert rule_for(text) == older

    OutboundRule.objects.filter(pk=last.pk).update(priority=0)
    assert rule_for(text) == last
    OutboundRule.objects.filter(pk=last.pk).update(enabled=False)
    assert rule_for(text) == older


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (conditions.prefixes, "12a", "not the beginning of a number"),
        (conditions.prefixes, "1" * 16, "not the beginning of a number"),
        (conditions.extension_spans, "1", "neither an extension nor a range"),
        (conditions.extension_spans, "100-", "neither an extension nor a range"),
        (conditions.extension_spans, "200-100", "write 100-200"),
        (conditions.lengths, "0", "not a number's length"),
        (conditions.lengths, "16", "not a number's length"),
        (conditions.lengths, "\u0661", "not a number's length"),
    ],
)
def test_list_that_cannot_be_read_says_what_to_type(read: Any, text: str, says: str) -> None:
    with pytest.raises(BadCondition, match=says):
        read(text)


@given(text=st.text() | st.text(alphabet="0123456789;- +"))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (conditions.prefixes, conditions.extension_spans, conditions.lengths):
        try:
            read(text)
        except BadCondition:
            continue
        read(conditions.tidy(text))


@pytest.mark.parametrize(
    ("number", "strip", "prepend", "expected"),
    [
        (NEW_YORK, 0, "", NEW_YORK),
        (NEW_YORK, 4, "1512", "+15125550100"),
        (LONDON, 2, "44", LONDON),
        (SHORT, 0, "", SHORT),
        (SHORT, 1, "1", "12345"),
        (NEW_YORK, 6, "", "50100"),
        (NEW_YORK, 9, "", None),
        (NEW_YORK, 0, "999", None),
        # Japan numbers up to 17 digits at home, which is no E.164.
        ("+100100000000000", 0, "8", None),
        (SHORT, 5, "", None),
    ],
)
def test_strip_comes_first_and_the_result_takes_texts(
    number: str, strip: int, prepend: str, expected: str | None
) -> None:
    try:
        made: str | None = dialed(number, strip=strip, prepend=prepend)
    except CannotDial:
        made = None

    assert made == expected


@given(
    number=st.text() | st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True),
    strip=st.integers(0, 9),
    prepend=st.text() | st.from_regex(r"[0-9]{0,15}", fullmatch=True),
)
def test_what_is_dialed_is_a_number_or_refused(number: str, strip: int, prepend: str) -> None:
    try:
        made = dialed(number, strip=strip, prepend=tidy_prepend(prepend))
    except CannotDial:
        return
    if strip or tidy_prepend(prepend):
        assert made.removeprefix("+").isdecimal()
        assert len(made) <= 16
