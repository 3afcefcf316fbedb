"""Sending again, by itself and later, what a carrier's volume limit turned away.

Such a receipt is proof that the text did not arrive. Of a group only those get it anew who missed
it, and only when of nobody else a receipt is still to come. It ends with the time the message has.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from random import SystemRandom
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from messaging.broadcasts import holding
from messaging.delivery import progress, timeline, verdict
from messaging.hours import quiet as quiet_hours
from messaging.models import Message, SendingPolicy
from messaging.models.message import Status
from messaging.pacing.slowdown import DAILY_CODES, VOLUME_CODES
from tenants.schema import tenant_connection

# From the first try. A daily limit may pass twice in it, and older texts are no news.
PATIENCE = timedelta(days=2)

_AT_REST = (Status.FAILED, Status.UNCONFIRMED)
_PAUSE = timedelta(minutes=5)  # doubled each time
_LONGEST = timedelta(hours=1)
_DAY_BEGINS = ZoneInfo("America/Los_Angeles")  # by which T-Mobile counts
_SPREAD = timedelta(minutes=20)

_random = SystemRandom()


@transaction.atomic
def after_limit(message: Message) -> bool:
    """Queue the message again for whom a limit kept it from; returns whether there are such."""
    if message.status not in _AT_REST:
        return False
    progress.lock_thread(message)
    message.refresh_from_db()
    recipients = list(message.recipients.all())
    missed = {
        each.number: each.error_code
        for each in recipients
        if each.status == Status.FAILED and each.error_code in VOLUME_CODES
    }
    # Without the carrier's id its receipts could not be told from those of the next sending.
    if not missed or not message.provider_message_id or holding.canceled(message):
        return False
    at = _next_try(message, missed)
    if at is None:
        return False
    is_group = len(recipients) > 1
    moved = progress.move(
        message,
        Status.QUEUED,
        where=Q(status__in=_AT_REST, provider_message_id=message.provider_message_id),
        carry=(Status.FAILED,),
        only=sorted(missed) if is_group else (),
        detail=timeline.sent_by_itself(message.provider_message_id),
        provider_message_id="",
        attempts=0,  # a limit is nobody's fault and spends no try
        routes_tried=0,
        next_attempt_at=at,
        sending_at=None,
        lookup_at=None,
        lookups=0,
        sent_at=None,
        delivered_at=None,
    )
    if moved and is_group:
        columns = verdict.of_group(message, list(message.recipients.all()))
        Message.objects.filter(pk=message.pk).update(**columns)
    # The carrier keeps uploads for two days only.
    message.attachments.update(provider_url="")
    return moved


def _next_try(message: Message, missed: dict[str, str]) -> datetime | None:
    """Return when to try again; None = that would be too late to be of use."""
    now = timezone.now()
    if DAILY_CODES.isdisjoint(missed.values()):
        pause = min(_PAUSE * 2 ** min(timeline.turned_away(message), 10), _LONGEST)
        at = now + pause * _random.uniform(0.75, 1.5)
    else:
        at = _tomorrow(now, list(missed))
    began = timeline.first_handed_over(message) or message.created_at
    ends = began + PATIENCE
    if message.expires_at is not None:
        ends = min(ends, message.expires_at)
    return at if at <= ends else None


def _tomorrow(now: datetime, numbers: list[str]) -> datetime:
    """Return a time after the carrier's midnight at which no recipient is asleep."""
    day = now.astimezone(_DAY_BEGINS).date() + timedelta(days=1)
    midnight = datetime.combine(day, time(), tzinfo=_DAY_BEGINS)
    policy = quiet_hours.policy()
    # Delayed until the night a text wakes people, whether or not the company keeps quiet hours.
    rules = policy if policy.quiet_hours else SendingPolicy(quiet_hours=True)
    home = tenant_connection.tenant.timezone
    at = quiet_hours.end_of_quiet(numbers, midnight, rules=rules, home=home) or midnight
    # Those that were turned away together must not come back together.
    return at + _SPREAD * _random.random()
