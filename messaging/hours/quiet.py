"""Quiet hours: nobody is texted out of the blue at night, by the recipient's own clock.

A number's area code tells where its owner may be; where it tells several time zones, all of them
must be awake, and where it tells none the company's own is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers.timezone import time_zones_for_geographical_number

from messaging.models import Message, MessageEvent, SendingPolicy
from tenants.models import PhoneNumber
from tenants.numbers import kind_of

# Whoever texted this lately is awake, or at least expects an answer.
ANSWERED_WITHIN = timedelta(hours=6)
ON_PURPOSE = "Sent in quiet hours on purpose"
WAITS = "Quiet hours: waits"

# An area code that is in no list yet is said to lie in every zone of its country.
_MOST_ZONES = 6
_MOST_STEPS = 12


def policy() -> SendingPolicy:
    """Return what the tenant has decided, or the defaults."""
    return SendingPolicy.objects.filter(pk=1).first() or SendingPolicy(pk=1)


def zones_of(number: str, *, home: str) -> tuple[str, ...]:
    """Return the time zones in which the number's owner may be."""
    if kind_of(number) != PhoneNumber.Kind.LOCAL:
        return (home,)  # toll-free numbers and short codes are nowhere
    return _zones(number) or (home,)


def end_of_quiet(
    numbers: Iterable[str], at: datetime, *, rules: SendingPolicy, home: str
) -> datetime | None:
    """Return when the last of them may be texted; None = all of them now."""
    if not rules.quiet_hours or rules.quiet_from == rules.quiet_until:
        return None
    zones = sorted({zone for number in numbers for zone in zones_of(number, home=home)})
    moment = at
    # Waiting for one may run into the night of another. Where no hour suits all, they wait for
    # the last one tried.
    for _ in range(_MOST_STEPS):
        ends = [end for zone in zones if (end := _end(moment, ZoneInfo(zone), rules))]
        if not ends:
            break
        moment = max(ends)
    return moment if moment > at else None


def held_until(
    message: Message, recipients: Sequence[str], at: datetime, *, rules: SendingPolicy, home: str
) -> datetime | None:
    """Return until when this message waits for its recipients' morning; None = it need not."""
    if not _is_unasked(message, at):
        return None
    end = end_of_quiet(recipients, at, rules=rules, home=home)
    if end is None or _is_on_purpose(message):
        return None
    return end


def is_answer(last_inbound_at: datetime | None, at: datetime) -> bool:
    """Tell whether a text now would answer one that came in lately."""
    return last_inbound_at is not None and last_inbound_at > at - ANSWERED_WITHIN


def in_words(moment: time | datetime) -> str:
    """Write a time of day: 8:00 AM."""
    return f"{moment:%I:%M %p}".lstrip("0")


def waiting_words(rules: SendingPolicy, *, count: int = 1) -> str:
    """Say what the message waits for."""
    whose = "the recipient's clock" if count == 1 else "the recipients' clocks"
    return f"{WAITS} until {in_words(rules.quiet_until)} by {whose}"


def _is_unasked(message: Message, at: datetime) -> bool:
    # Auto-replies and answers to consent words answer what came in this moment.
    if message.origin == Message.Origin.BROADCAST:
        return True
    if message.origin != Message.Origin.PERSON:
        return False
    return not is_answer(message.conversation.last_inbound_at, at)


def _is_on_purpose(message: Message) -> bool:
    return MessageEvent.objects.filter(message=message, detail__startswith=ON_PURPOSE).exists()


def _end(at: datetime, zone: ZoneInfo, rules: SendingPolicy) -> datetime | None:
    """Return when the quiet hours end that the moment lies in; None = it lies in none."""
    local = at.astimezone(zone)
    clock, start, until = local.time(), rules.quiet_from, rules.quiet_until
    over_midnight = start > until
    is_quiet = clock >= start or clock < until if over_midnight else start <= clock < until
    if not is_quiet:
        return None
    days = 1 if over_midnight and clock >= start else 0
    end = datetime.combine(local.date() + timedelta(days=days), until, tzinfo=zone)
    # In the hour that is skipped in spring, the end would lie before the moment.
    return max(end.astimezone(at.tzinfo), at + timedelta(minutes=1))


@lru_cache(maxsize=20_000)
def _zones(number: str) -> tuple[str, ...]:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ()
    found = time_zones_for_geographical_number(parsed)
    if len(found) > _MOST_ZONES:
        return ()
    return tuple(zone for zone in found if _is_known(zone))


def _is_known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return zone != phonenumbers.timezone.UNKNOWN_TIMEZONE
