"""Times as the inbox writes them, in the time zone that is active."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format

# Countries whose people read clocks by twelve hours; the rest read them by twenty-four.
_TWELVE_HOURS = {"US", "CA", "AU", "NZ", "PH", "IN"}


def time_of_day(at: datetime, country: str) -> str:
    """Write the hour and minute as the country does."""
    local = timezone.localtime(at)
    # Django's formats take ten times as long, and a page writes a hundred times.
    if country not in _TWELVE_HOURS:
        return f"{local:%H:%M}"
    return f"{local.hour % 12 or 12}:{local:%M} {'AM' if local.hour < 12 else 'PM'}"


def short_time(at: datetime, country: str) -> str:
    """Write a moment for the list: the time today, the weekday this week, else the date."""
    local, today = timezone.localtime(at), timezone.localdate()
    days = (today - local.date()).days
    if days <= 0:
        return time_of_day(at, country)
    if days < 7:
        return date_format(local, "D")
    return date_format(local, "j M" if local.year == today.year else "j M Y")


def day(at: datetime) -> str:
    """Write the day above a thread's messages."""
    return _day(timezone.localtime(at).date(), timezone.localdate())


def day_key(at: datetime) -> str:
    """Name the day for the page's own use."""
    return timezone.localtime(at).date().isoformat()


@lru_cache(maxsize=1024)
def _day(day: date, today: date) -> str:
    days = (today - day).days
    if days == 0:
        return "Today"
    if days == 1:
        return "Yesterday"
    return date_format(day, "D j M" if day.year == today.year else "D j M Y")
