"""Whether a company is open at a moment, by its own clock, and how hours are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from messaging.models import BusinessHours, Holiday

Span = tuple[str, str]

WEEKDAYS = {
    "1": "Monday",
    "2": "Tuesday",
    "3": "Wednesday",
    "4": "Thursday",
    "5": "Friday",
    "6": "Saturday",
    "7": "Sunday",
}
_LONGEST_YEARLY = timedelta(days=364)
_CLOSED = {"", "closed", "-", "none"}
_ALL_DAY = {"all day", "24h", "24 hours", "open"}
_SPAN = re.compile(r"(.+?)\s*(?:[-\u2010-\u2015]|\bto\b)\s*(.+)")
_CLOCK = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?\s*([ap])?\.?(?:m\.?)?")


class NotASpan(ValueError):
    """The text is no list of times of day; it says how to write them."""


class NotAHoliday(ValueError):
    """These days cannot be a holiday; `field` says which of them is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def company_hours() -> BusinessHours | None:
    """Return the hours used where none are chosen; None = always open."""
    return BusinessHours.objects.filter(is_default=True).first()


def is_open(hours: BusinessHours | None, at: datetime, *, zone: str) -> bool:
    """Tell whether the moment lies in the week's hours; None = there are none, so always.

    Holidays are another question, see `holiday_on`.
    """
    if hours is None:
        return True
    local = at.astimezone(ZoneInfo(zone))
    clock = f"{local:%H:%M}"
    spans = hours.week.get(str(local.isoweekday()), [])
    return any(start <= clock < end for start, end in spans)


def holiday_on(at: datetime, *, zone: str, holidays: Iterable[Holiday]) -> Holiday | None:
    """Return the first of the holidays that the moment's day belongs to."""
    day = at.astimezone(ZoneInfo(zone)).date()
    return next((holiday for holiday in holidays if _covers(holiday, day)), None)


def read_spans(text: str) -> list[Span]:
    """Read times of day such as `9-12; 13:00-17:30` or `9am-5pm`, in order; nothing = none.

    Raises NotASpan.
    """
    typed = " ".join(text.lower().split())
    if typed in _CLOSED:
        return []
    if typed in _ALL_DAY:
        return [("00:00", "24:00")]
    spans = sorted(_span(part.strip()) for part in re.split(r"[;,]", typed) if part.strip())
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            raise NotASpan(f"Two of the times overlap at {start}: write them one after the other.")
    return spans


def write_spans(spans: Iterable[Iterable[str]]) -> str:
    """Write times of day as `read_spans` reads them."""
    return "; ".join("-".join(span) for span in spans)


def read_week(typed: Mapping[str, str]) -> tuple[dict[str, list[list[str]]], dict[str, str]]:
    """Read a week's hours by ISO weekday; return the week, and what is wrong by weekday."""
    week: dict[str, list[list[str]]] = {}
    problems: dict[str, str] = {}
    for day in WEEKDAYS:
        try:
            spans = read_spans(typed.get(day, ""))
        except NotASpan as error:
            problems[day] = str(error)
        else:
            if spans:
                week[day] = [list(span) for span in spans]
    return week, problems


def summary(hours: BusinessHours) -> str:
    """Tell a week in one line, days of the same hours together."""
    groups: list[tuple[list[str], str]] = []
    for day, name in WEEKDAYS.items():
        text = write_spans(hours.week.get(day, []))
        if groups and groups[-1][1] == text:
            groups[-1][0].append(name[:3])
        else:
            groups.append(([name[:3]], text))
    told = [
        f"{days[0]}-{days[-1]} {text}" if len(days) > 1 else f"{days[0]} {text}"
        for days, text in groups
        if text
    ]
    return ", ".join(told) or "Always closed"


def check_holiday(first: date, last: date, *, every_year: bool) -> None:
    """Judge a holiday's days.

    Raises NotAHoliday.
    """
    if last < first:
        raise NotAHoliday("last_day", "The last day is before the first.")
    if every_year and last - first > _LONGEST_YEARLY:
        raise NotAHoliday("last_day", "A holiday of each year must be shorter than a year.")


def _covers(holiday: Holiday, day: date) -> bool:
    if not holiday.every_year:
        return holiday.first_day <= day <= holiday.last_day
    first = (holiday.first_day.month, holiday.first_day.day)
    last = (holiday.last_day.month, holiday.last_day.day)
    today = (day.month, day.day)
    if holiday.first_day.year == holiday.last_day.year:
        return first <= today <= last
    return today >= first or today <= last  # over New Year


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    start = _clock(found[1], end=False) if found else None
    end = _clock(found[2], end=True) if found else None
    if start is None or end is None:
        raise NotASpan(f"“{text[:40]}” is no time of day: write it like 09:00-17:00.")
    if start >= end:
        raise NotASpan(
            f"“{text[:40]}” ends before it begins. For a night write {start}-24:00, and"
            f" 00:00-{end} on the day after."
        )
    return start, end


def _clock(text: str, *, end: bool) -> str | None:
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    if end and (hour, minute) == (0, 0):
        hour = 24  # midnight ends the day
    if minute > 59 or hour > 24 or (hour == 24 and (minute or not end)):
        return None
    return f"{hour:02d}:{minute:02d}"
