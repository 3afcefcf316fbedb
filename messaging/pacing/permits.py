"""Asking for a permit before a message is handed to its carrier."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import SystemRandom
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from messaging.models import Message
from messaging.models.message import Status
from messaging.outbound.lines import Line
from messaging.outbound.refusals import Postponed
from messaging.pacing import buckets, slowdown
from messaging.pacing.alone import Alone
from messaging.pacing.buckets import Answer
from messaging.pacing.limits import Demand, account_of, demand_of, line_of_waiting, moment_of
from tenants.schema import tenant_connection

logger = logging.getLogger(__name__)

WAITING = "Waiting for the carrier's limit"
_WORTH_TELLING = 60.0  # seconds; shorter waits are nobody's business
_SHORTEST = 0.2
_BEHIND = 1.0  # the one in front is being sent this moment
_MOST_IN_FRONT = 20
_SULK = 5.0  # seconds before a server that was away is asked again
_LONGEST = timedelta(minutes=20)  # who waits longer waits for something else

_random = SystemRandom()
_alone = Alone()
_away_until = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A message that is to leave by this line, for so many recipients."""

    message: Message
    line: Line
    recipients: int


def take(message: Message, line: Line, *, recipients: int) -> None:
    """Take a permit for the message on this line.

    Raises Postponed when it has to wait; no try is spent by that.
    """
    (pause,) = take_all([Wish(message=message, line=line, recipients=recipients)])
    if pause is not None:
        raise pause


def take_all(wishes: Sequence[Wish]) -> list[Postponed | None]:
    """Take a permit for each, of one conversation one; None = it has it."""
    tenant = tenant_connection.tenant
    demands = [
        demand_of(wish.message, wish.line, recipients=wish.recipients, tenant=tenant)
        for wish in wishes
    ]
    answers = _ask(demands)
    return [_pause(*each) for each in zip(demands, answers, strict=True)]


def _pause(demand: Demand, answer: Answer) -> Postponed | None:
    for _ in range(_MOST_IN_FRONT):
        if not answer.behind:
            break
        in_front = _still_waits(answer.behind)
        if in_front is not None:
            return _after(in_front)
        (answer,) = _ask([demand], forget=answer.behind)
    if answer.behind:
        return _postponed(_BEHIND)
    return None if answer.wait is None else _postponed(answer.wait)


def full(message: Message, line: Line, *, retry_after: float | None) -> float:
    """Note that the account's queue is full, and return after how many seconds to try again.

    Jitter: those that were refused together must not come back together.
    """
    account = account_of(line.configuration, schema=tenant_connection.tenant.schema_name)
    pause = slowdown.queue_full(account, retry_after=retry_after)
    keep_place(message)
    return pause + _random.uniform(_SHORTEST, _SHORTEST + pause / 4)


def keep_place(message: Message) -> None:
    """Let later texts of the conversation wait for this one, which the carrier could not take."""
    line = line_of_waiting(message, schema=tenant_connection.tenant.schema_name)
    try:
        buckets.stand_in_line(line, str(message.pk), moment=moment_of(message))
    except buckets.AWAY as error:
        logger.warning("a text may be overtaken: %s", type(error).__name__)


def _ask(demands: Sequence[Demand], *, forget: str = "") -> list[Answer]:
    global _away_until  # noqa: PLW0603  # of this process, like the connection
    if time.monotonic() >= _away_until:
        try:
            return buckets.ask_all(demands, now=time.time(), forget=forget)
        except buckets.AWAY as error:
            _away_until = time.monotonic() + _SULK
            logger.warning("limits are kept by this worker alone: %s", type(error).__name__)
    return [_ask_ourselves(demand, forget=forget) for demand in demands]


def _ask_ourselves(demand: Demand, *, forget: str) -> Answer:
    if not forget and (first := _first_waiting(demand)):
        return Answer(behind=first)
    return _alone.ask(demand, now=time.time())


def _first_waiting(demand: Demand) -> str:
    """Ask the database which text goes first, which Valkey would know."""
    message = Message.objects.only("conversation_id", "origin").get(pk=demand.message_id)
    bulk = Message.Origin.BROADCAST
    waiting = Message.objects.filter(
        conversation_id=message.conversation_id,
        direction=Message.Direction.OUT,
        status=Status.QUEUED,
        next_attempt_at__gt=timezone.now(),
    )
    same = waiting.filter(origin=bulk) if demand.is_bulk else waiting.exclude(origin=bulk)
    rows = same.order_by("created_at").values_list("pk", "created_at", "scheduled_at")
    for pk, created_at, scheduled_at in rows[:_MOST_IN_FRONT]:
        if (scheduled_at or created_at).timestamp() < demand.moment:
            return str(pk)
    return ""


def _still_waits(message_id: str) -> Message | None:
    live = Q(status=Status.SENDING) | Q(status=Status.QUEUED, next_attempt_at=None)
    live |= Q(status=Status.QUEUED, next_attempt_at__lte=timezone.now() + _LONGEST)
    return Message.objects.filter(live, pk=UUID(message_id)).first()


def _after(in_front: Message) -> Postponed:
    now = timezone.now()
    at = in_front.next_attempt_at
    if in_front.status != Status.QUEUED or at is None or at < now:
        return _postponed(_BEHIND)
    return _postponed((at - now).total_seconds() + _BEHIND)


def _postponed(seconds: float) -> Postponed:
    seconds = max(_SHORTEST, seconds)
    words = WAITING if seconds > _WORTH_TELLING else ""
    return Postponed(timezone.now() + timedelta(seconds=seconds), words)
