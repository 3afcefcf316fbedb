"""Telling before it is sent that a text will wait for somebody's morning."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone

from messaging.hours import quiet as quiet_hours
from messaging.inbox import cautions
from messaging.models import Conversation, SendingPolicy
from tenants.schema import tenant_connection

register = template.Library()


@register.simple_tag
def quiet_in(conversation: Conversation) -> str:
    """Say that an answer in this thread would wait; "" = it leaves at once."""
    if quiet_hours.is_answer(conversation.last_inbound_at, timezone.now()):
        return ""
    return _words(conversation.participants, cautions.policy_of(conversation))


@register.simple_tag
def quiet_for(numbers: Sequence[str]) -> str:
    """Say that a new text to these numbers would wait; "" = it leaves at once."""
    return _words(numbers, quiet_hours.policy()) if numbers else ""


def _words(numbers: Sequence[str], rules: SendingPolicy) -> str:
    now, home = timezone.now(), tenant_connection.tenant.timezone
    if quiet_hours.end_of_quiet(numbers, now, rules=rules, home=home) is None:
        return ""
    goes_out = f"Goes out at {quiet_hours.in_words(rules.quiet_until)} by their clock"
    clock = _clock(numbers, now, home=home)
    return f"It is {clock} for them. {goes_out}." if clock else f"It is late for them. {goes_out}."


def _clock(numbers: Sequence[str], now: datetime, *, home: str) -> str:
    """Write what time it is there; "" where that is not one time."""
    zones = {zone for number in numbers for zone in quiet_hours.zones_of(number, home=home)}
    times = {quiet_hours.in_words(now.astimezone(ZoneInfo(zone))) for zone in zones}
    return times.pop() if len(times) == 1 else ""
