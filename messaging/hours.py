"""Whether a company is open at a moment, by its own clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from messaging.models import BusinessHours, Holiday


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


def _covers(holiday: Holiday, day: date) -> bool:
    if not holiday.every_year:
        return holiday.first_day <= day <= holiday.last_day
    first = (holiday.first_day.month, holiday.first_day.day)
    last = (holiday.last_day.month, holiday.last_day.day)
    today = (day.month, day.day)
    if first <= last:
        return first <= today <= last
    return today >= first or today <= last  # over New Year
