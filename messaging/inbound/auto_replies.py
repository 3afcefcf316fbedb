"""Answering by itself out of hours or at first contact, and never in a loop.

A text gets one auto-reply at most; out of hours goes before first contact. It is an answer to
somebody who has just written, not bulk: a recipient's quiet hours do not hold it back.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from messaging.consent import optouts
from messaging.consent.keywords import consent_keyword
from messaging.hours import opening
from messaging.models import (
    AutoReply,
    AutoReplySent,
    BusinessHours,
    Conversation,
    Holiday,
    Message,
)
from messaging.outbound import automatic
from messaging.outbound.refusals import SendRefused
from tenants.models import Tenant

logger = logging.getLogger(__name__)

Kind = AutoReply.Kind

_GOOD_FOR = timedelta(hours=1)
_REPEATED_WITHIN = timedelta(minutes=10)
_LOOKED_AT = 10  # messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """Auto-replies that are switched on, and what tells whether the tenant is closed."""

    replies: Sequence[AutoReply]
    company_hours: BusinessHours | None = None
    holidays: Sequence[Holiday] = ()


def offers(our_numbers: Collection[str]) -> Offers:
    """Read the auto-replies for these numbers; runs in the tenant's schema."""
    replies = list(
        AutoReply.objects.select_related("hours").filter(
            enabled=True, our_number__in=["", *our_numbers]
        )
    )
    if not any(each.kind == Kind.CLOSED for each in replies):
        return Offers(replies=replies)
    return Offers(
        replies=replies,
        company_hours=opening.company_hours(),
        holidays=list(Holiday.objects.all()),
    )


def reply(tenant: Tenant, message: Message) -> None:
    """Answer an inbound text if an auto-reply is meant for it; needs the receive's transaction."""
    conversation = message.conversation
    is_one = len(conversation.participants) == 1 and message.sender != conversation.our_number
    if not is_one or not automatic.is_answerable(message.sender):
        return
    offered = offers([conversation.our_number])
    if not offered.replies:
        return
    before = _before(message)
    chosen = choose(
        offered,
        conversation.our_number,
        at=message.created_at,
        zone=tenant.timezone,
        is_first=not before,
    )
    if chosen is None or _looks_automatic(message, before):
        return
    if consent_keyword(chosen.text):
        logger.warning("auto-reply %s is a consent word and is not sent", chosen.pk)
        return
    if optouts.is_opted_out(conversation.our_number, message.sender):
        return
    try:
        # A savepoint: a mark without its reply would keep the next one away.
        with transaction.atomic():
            line = automatic.line_to_answer(tenant, message)
            if not _mark(conversation, chosen):
                return
            automatic.answer(
                message,
                line,
                text=chosen.text,
                origin=Message.Origin.AUTO_REPLY,
                good_for=_GOOD_FOR,
            )
    except SendRefused as refusal:
        logger.info("message %s gets no auto-reply: %s", message.pk, refusal.code)


def _before(message: Message) -> list[Message]:
    rows = message.conversation.messages.exclude(pk=message.pk).order_by("-created_at", "-id")
    return list(rows.only("direction", "text", "created_at")[:_LOOKED_AT])


def choose(
    offered: Offers, our_number: str, *, at: datetime, zone: str, is_first: bool
) -> AutoReply | None:
    """Return the auto-reply that is meant for a text to the number at this time."""
    for each in _for_number(offered, our_number, Kind.CLOSED):
        if _is_closed(each, offered, at, zone=zone):
            return each
    first_contact = _for_number(offered, our_number, Kind.FIRST_CONTACT) if is_first else []
    return next(iter(first_contact), None)


def _for_number(offered: Offers, our_number: str, kind: str) -> list[AutoReply]:
    """Return those of a kind that count: the number's own or, without any, those of all."""
    of_kind = [each for each in offered.replies if each.kind == kind]
    own = [each for each in of_kind if each.our_number == our_number]
    return own or [each for each in of_kind if not each.our_number]


def _is_closed(reply: AutoReply, offered: Offers, at: datetime, *, zone: str) -> bool:
    """Tell whether the reply's hours say closed; a holiday is closed whatever they say."""
    if not opening.is_open(reply.hours or offered.company_hours, at, zone=zone):
        return True
    return opening.holiday_on(at, zone=zone, holidays=offered.holidays) is not None


def _looks_automatic(message: Message, before: Sequence[Message]) -> bool:
    """Tell whether a machine seems to write: our own words come back, or the same text again."""
    text = _plain(message.text)
    if not text:
        return False
    last = next((each for each in before if each.direction == Message.Direction.OUT), None)
    if last is not None and _plain(last.text) == text:
        return True
    since = message.created_at - _REPEATED_WITHIN
    return any(
        each.direction == Message.Direction.IN
        and each.created_at > since
        and _plain(each.text) == text
        for each in before
    )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _mark(conversation: Conversation, chosen: AutoReply) -> bool:
    """Note the reply; False when one of its kind went within the window.

    Two workers cannot both be told yes: one changes the row, or one makes it.
    """
    now = timezone.now()
    marks = AutoReplySent.objects.filter(conversation=conversation, kind=chosen.kind)
    if marks.filter(at__lt=now - timedelta(hours=chosen.window_hours)).update(at=now):
        return True
    _, made = marks.get_or_create(conversation=conversation, kind=chosen.kind, defaults={"at": now})
    return made
