"""Lists of times, office hours and holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.hours.opening import (
    NotAHoliday,
    NotASpan,
    check_holiday,
    holiday_on,
    is_open,
    read_spans,
    summary,
    write_spans,
)
from messaging.inbound.rules.problems import RuleProblem
from messaging.inbound.rules.times import holds, normalize_times
from messaging.models import AdvancedRoute, BusinessHours, Holiday

NEW_YORK = "America/New_York"
OFFICE = BusinessHours(
    name="Office",
    week={
        "1": [["09:00", "12:00"], ["13:00", "17:00"]],
        "6": [["22:00", "24:00"]],
        "7": [["00:00", "03:00"]],
    },
)


def _at(text: str, zone: str = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("9-17", "09:00-17:00"),
        ("9am-5pm", "09:00-17:00"),
        ("12am - 12 pm", "00:00-12:00"),
        ("13:00\u201317.30, 8:15 to 12", "08:15-12:00; 13:00-17:30"),
        ("22-0", "22:00-24:00"),
        ("all day", "00:00-24:00"),
        ("", ""),
        ("Closed", ""),
    ],
)
def test_hours_are_read_as_people_write_them(typed: str, stored: str) -> None:
    assert write_spans(read_spans(typed)) == stored


@pytest.mark.parametrize("typed", ["9", "9-", "17-9", "9-9", "25-26", "9:60-10", "9-12;11-13", "x"])
def test_what_is_no_hours_is_refused_with_words(typed: str) -> None:
    with pytest.raises(NotASpan):
        read_spans(typed)


@given(st.lists(st.integers(0, 1440), min_size=2, max_size=8, unique=True))
def test_hours_are_written_as_they_are_read(minutes: list[int]) -> None:
    ends = [f"{m // 60:02d}:{m % 60:02d}" for m in sorted(minutes)]
    spans = list(zip(ends[::2], ends[1::2], strict=False))
    assert read_spans(write_spans(spans)) == spans


@pytest.mark.parametrize(
    ("at", "is_it"),
    [
        pytest.param("2026-11-02T09:00", True, id="opens on the minute"),
        pytest.param("2026-11-02T12:00", False, id="closes on the minute"),
        pytest.param("2026-11-02T12:59:59", False, id="lunch"),
        pytest.param("2026-11-03T10:00", False, id="a day that is not named"),
        pytest.param("2026-11-07T23:59:59", True, id="until midnight"),
        pytest.param("2026-11-01T01:30", True, id="the hour that comes twice"),
        pytest.param("2026-03-08T03:00", False, id="after the hour that is left out"),
        pytest.param("2026-03-08T01:59", True, id="before the hour that is left out"),
    ],
)
def test_office_hours_go_by_the_companys_clock(at: str, is_it: object) -> None:
    assert is_open(OFFICE, _at(at), zone=NEW_YORK) is is_it


def test_no_hours_are_always_open() -> None:
    assert is_open(None, _at("2026-11-03T03:00"), zone=NEW_YORK)
    assert summary(BusinessHours(week={})) == "Always closed"
    assert summary(OFFICE).startswith("Mon 09:00-12:00; 13:00-17:00, Sat ")


def _holiday(first: str, last: str, *, yearly: bool = False) -> Holiday:
    return Holiday(
        name="Off",
        first_day=date.fromisoformat(first),
        last_day=date.fromisoformat(last),
        every_year=yearly,
    )


@pytest.mark.parametrize(
    ("holiday", "at", "is_it"),
    [
        pytest.param(
            _holiday("2026-12-25", "2026-12-25"), "2026-12-25T00:00", True, id="first minute"
        ),
        pytest.param(
            _holiday("2026-12-25", "2026-12-25"), "2026-12-25T23:59", True, id="last minute"
        ),
        pytest.param(
            _holiday("2026-12-25", "2026-12-25"), "2026-12-26T00:00", False, id="midnight after"
        ),
        pytest.param(
            _holiday("2026-12-25", "2026-12-25"), "2026-12-24T23:59", False, id="evening before"
        ),
        pytest.param(
            _holiday("2026-12-25", "2026-12-25"), "2027-12-25T10:00", False, id="another year"
        ),
        pytest.param(
            _holiday("2020-12-25", "2020-12-25", yearly=True),
            "2027-12-25T10:00",
            True,
            id="each year",
        ),
        pytest.param(
            _holiday("2025-12-24", "2026-01-02", yearly=True),
            "2030-12-31T23:59",
            True,
            id="old year",
        ),
        pytest.param(
            _holiday("2025-12-24", "2026-01-02", yearly=True),
            "2031-01-01T00:00",
            True,
            id="new year",
        ),
        pytest.param(
            _holiday("2025-12-24", "2026-01-02", yearly=True),
            "2031-01-03T00:00",
            False,
            id="after new year",
        ),
        pytest.param(
            _holiday("2024-02-29", "2024-02-29", yearly=True),
            "2026-02-28T12:00",
            False,
            id="no leap day",
        ),
        pytest.param(
            _holiday("2026-11-01", "2026-11-01"), "2026-11-01T01:30", True, id="a day of 25 hours"
        ),
        pytest.param(
            _holiday("2026-03-08", "2026-03-08"), "2026-03-08T23:30", True, id="a day of 23 hours"
        ),
    ],
)
def test_holidays_are_whole_days_of_the_company(holiday: Holiday, at: str, is_it: object) -> None:
    assert (holiday_on(_at(at), zone=NEW_YORK, holidays=[holiday]) is holiday) is is_it


def test_a_holiday_must_end_after_it_begins_and_leave_something_of_the_year() -> None:
    with pytest.raises(NotAHoliday, match="before the first"):
        check_holiday(date(2026, 1, 2), date(2026, 1, 1), every_year=False)
    with pytest.raises(NotAHoliday, match="shorter than a year"):
        check_holiday(date(2026, 1, 1), date(2027, 1, 1), every_year=True)
    check_holiday(date(2025, 12, 24), date(2026, 1, 2), every_year=True)


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("years", "2026; 2028 - 2030", "2026;2028-2030"),
        ("months", "jan-mar, December", "1-3;12"),
        ("days", "1 15-20", "1;15-20"),
        ("weekdays", "Mon-Fri", "1-5"),
        ("weekdays", "all", ""),
        ("times", "9-11:30; 14-18", "09:00-11:30;14:00-18:00"),
    ],
)
def test_lists_of_times_are_stored_in_one_form(field: str, typed: str, stored: str) -> None:
    assert normalize_times(field, typed) == stored
    assert normalize_times(field, stored) == stored


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("years", "26"),
        ("months", "0"),
        ("months", "13"),
        ("months", "11-2"),
        ("days", "32"),
        ("weekdays", "8"),
        ("weekdays", "moon"),
        ("weekdays", "1-"),
        ("times", "18-9"),
    ],
)
def test_what_is_no_time_is_refused_with_words(field: str, typed: str) -> None:
    with pytest.raises(RuleProblem) as refusal:
        normalize_times(field, typed)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("fields", "holds_then"),
    [
        pytest.param({}, True, id="blank is any"),
        pytest.param(
            {"years": "2026", "months": "10-11", "days": "2", "weekdays": "1"}, True, id="all fit"
        ),
        pytest.param({"years": "2027"}, False, id="year"),
        pytest.param({"months": "1;12"}, False, id="month"),
        pytest.param({"days": "1;3-31"}, False, id="day"),
        pytest.param({"weekdays": "2-7"}, False, id="weekday"),
        pytest.param({"times": "09:00-10:00"}, False, id="the end does not belong to it"),
        pytest.param({"times": "08:00-09:00;10:00-11:00"}, True, id="second span"),
        pytest.param({"weekdays": "1", "times": "11:00-12:00"}, False, id="one of two"),
    ],
)
def test_a_route_holds_when_all_that_it_says_fits(
    fields: dict[str, str], holds_then: object
) -> None:
    monday_at_ten = _at("2026-11-02T10:00").astimezone(ZoneInfo(NEW_YORK))
    assert holds(AdvancedRoute(name="x", **fields), monday_at_ten) is holds_then
