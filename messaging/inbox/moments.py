"""Times to come, as the inbox writes them and as its forms carry them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format

from messaging.inbox import clock

_FORMAT = "%Y-%m-%dT%H:%M"  # of <input type="datetime-local">
_MORNING, _EVENING = time(9), time(18)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time to send at, as the form carries it and as people read it."""

    value: str
    label: str
    words: str


def moment(at: datetime, country: str, *, label: str = "") -> Moment:
    """Write a time in the tenant's zone."""
    local, today = timezone.localtime(at), timezone.localdate()
    days = (local.date() - today).days
    style = "D j M" if local.year == today.year else "D j M Y"
    day = {0: "today", 1: "tomorrow"}.get(days) or date_format(local, style)
    words = f"{day}, {clock.time_of_day(at, country)}"
    return Moment(value=local.strftime(_FORMAT), label=label, words=words)


def presets(now: datetime, country: str) -> list[Moment]:
    """Times people choose most, none of them twice or nearly over."""
    local = timezone.localtime(now)
    morning = _at(local + timedelta(days=1), _MORNING)
    monday = _at(local + timedelta(days=7 - local.weekday()), _MORNING)
    evening = _at(local, _EVENING)
    found = [moment(now + timedelta(hours=1), country, label="In 1 hour")]
    if evening - now > timedelta(minutes=30):
        found.append(moment(evening, country, label="This evening"))
    found.append(moment(morning, country, label="Tomorrow morning"))
    if monday != morning:
        found.append(moment(monday, country, label="Monday morning"))
    return found


def _at(day: datetime, hour: time) -> datetime:
    return timezone.make_aware(datetime.combine(day.date(), hour))
