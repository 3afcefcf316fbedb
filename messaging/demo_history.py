"""Three weeks of made-up texts, so that a first look shows more than empty pages."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F
from django.utils import timezone

from messaging import segments
from messaging.conversations import conversation_with, note_last
from messaging.models import (
    Contact,
    Conversation,
    Extension,
    Message,
    MessageEvent,
    OptOut,
    ReadMark,
    Recipient,
    SmsConfiguration,
    Template,
)
from messaging.models.message import Status
from providers.types import FailureReason
from tenants.schema import tenant_connection

_DAYS = 21
_IN, _OUT = Message.Direction.IN, Message.Direction.OUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What one demo company has texted about."""

    contacts: tuple[tuple[str, str, str, str], ...]  # number, name, company, tag
    talks: tuple[tuple[str, ...], ...]  # "<" begins a customer's text, ">" ours
    reminder: str
    templates: tuple[tuple[str, str], ...]


PASTS = {
    "acme": Past(
        contacts=(
            ("+15125550132", "Maria Lopez", "", "patient"),
            ("+15125550133", "Tom Becker", "Becker & Sons", "patient"),
            ("+15125550134", "Priya Nair", "", "patient"),
            ("+15125550135", "Jonas Weber", "", "recall"),
            ("+15125550136", "Grace Kim", "Smile Lab", "supplier"),
            ("+15125550137", "Omar Haddad", "", "patient"),
        ),
        talks=(
            (
                "<Hi, do you have anything free on Thursday?",
                ">Hi! Thursday at 10:15 or 2:40 pm. Which one suits you?",
                "<2:40 please",
                ">Booked. See you Thursday at 2:40 pm.",
            ),
            (
                "<My crown came loose, it doesn't hurt. Is it urgent?",
                ">Please keep it dry and don't chew on that side. We can see you at 8:30 tomorrow.",
                "<Perfect, thank you!",
            ),
            (
                "<Is the insurance form ready to pick up?",
                ">Yes, it's at the front desk. We are open until 6 pm.",
            ),
            (
                "<The lab will deliver your two crowns on Monday morning.",
                ">Great, thanks Grace.",
            ),
            ("<Can I change my appointment to next week?", ">Of course. Tuesday 9:00?", "<👍"),
        ),
        reminder="Hi, this is Acme Dental: you have an appointment on {day}. Reply C to confirm.",
        templates=(
            ("Opening hours", "We are open Monday to Friday from 8 am to 6 pm."),
            ("Directions", "You find us at 12 Oak Street, second floor. Parking is in the yard."),
            ("Running late", "We are about 15 minutes behind today. Thank you for your patience!"),
        ),
    ),
    "globex": Past(
        contacts=(
            ("+17735550141", "Helen Moss", "Moss Bakery", "customer"),
            ("+17735550142", "Raj Patel", "", "customer"),
        ),
        talks=(
            (
                "<Water is coming through the kitchen ceiling!",
                ">Please close the main valve. Gil is on his way, about 25 minutes.",
                "<Found it, it stopped. Thank you!!",
            ),
            ("<What time will you be here?", ">Between 1 and 2 pm."),
        ),
        reminder="Globex Plumbing: your yearly boiler check is due. Call or text us for a date.",
        templates=(("On the way", "We are on our way and will be with you in about 20 minutes."),),
    ),
}


def fill(
    slug: str,
    configuration: SmsConfiguration,
    lines: Sequence[tuple[str, str]],
    readers: Sequence[int],
) -> None:
    """Write the company's past, read by these users but for the newest text.

    `lines` are its numbers with their extensions' numbers.
    """
    past = PASTS[slug]
    chance = random.Random(slug)  # noqa: S311  # the same past at each start
    for number, name, company, tag in past.contacts:
        Contact.objects.get_or_create(
            number=number, defaults={"name": name, "company": company, "tags": [tag]}
        )
    for title, text in past.templates:
        Template.objects.get_or_create(owner=None, title=title, defaults={"text": text})
    OptOut.objects.get_or_create(
        our_number=lines[0][0], number="+15125550149", defaults={"source": OptOut.Source.KEYWORD}
    )
    desks = {desk.number: desk for desk in Extension.objects.all()}
    pen = _Pen(configuration=configuration, chance=chance, lines=lines, desks=desks)
    for days in range(_DAYS, 0, -1):
        busy = 2 if _at_work(days).weekday() >= 5 else 9
        for _ in range(chance.randint(1, busy)):
            pen.reminder(past.reminder, at=_at_work(days, minutes=chance.randint(0, 480)))
    for index, (number, *_) in enumerate(past.contacts):
        at = _at_work(index, minutes=90 + 37 * index) if index else _lately()
        pen.talk(number, past.talks[index % len(past.talks)], at=at, line=lines[index % len(lines)])
    pen.store()
    _read(readers)


def _read(readers: Sequence[int]) -> None:
    newest = Conversation.objects.order_by(F("last_inbound_at").desc(nulls_last=True)).first()
    ReadMark.objects.bulk_create(
        [
            ReadMark(user_id=reader, conversation=conversation, read_at=conversation.last_at)
            for reader in readers
            for conversation in Conversation.objects.all()
            if conversation != newest
        ],
        ignore_conflicts=True,
    )


def _at_work(days: int, *, minutes: int = 0) -> datetime:
    """Return a moment after nine in the morning, so many days ago on the tenant's clock."""
    zone = ZoneInfo(tenant_connection.tenant.timezone)
    nine = timezone.localtime(timezone=zone).replace(hour=9, minute=0, second=0, microsecond=0)
    return nine - timedelta(days=days) + timedelta(minutes=minutes)


def _lately() -> datetime:
    return timezone.now() - timedelta(minutes=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pen:
    configuration: SmsConfiguration
    chance: random.Random
    lines: Sequence[tuple[str, str]]
    desks: Mapping[str, Extension]
    # Each text by itself would be a thousand statements, and most of a demo's first start.
    written: list[Message] = field(default_factory=list)
    threads: dict[tuple[str, str], Conversation] = field(default_factory=dict)

    def talk(
        self, other: str, texts: Sequence[str], *, at: datetime, line: tuple[str, str]
    ) -> None:
        for step, text in enumerate(texts):
            moment = at + timedelta(minutes=3 * step)
            if text.startswith("<"):
                self._write(line, other, text[1:], direction=_IN, at=moment)
            else:
                self._write(line, other, text[1:], direction=_OUT, at=moment)

    def reminder(self, text: str, *, at: datetime) -> None:
        other = f"+1512555{self.chance.randint(150, 199):04d}"
        line = self.chance.choice(self.lines)
        day = f"{at + timedelta(days=2):%A}"
        failed = self.chance.random() < 0.06
        self._write(line, other, text.format(day=day), direction=_OUT, at=at, failed=failed)
        if not failed and self.chance.random() < 0.6:
            self._write(line, other, "C", direction=_IN, at=at + timedelta(minutes=9))

    def _write(
        self,
        line: tuple[str, str],
        other: str,
        text: str,
        *,
        direction: Message.Direction,
        at: datetime,
        failed: bool = False,
    ) -> None:
        ours, extension = line
        conversation = self._thread(ours, other, extension, at=at)
        outbound = direction == _OUT
        status = Status.RECEIVED if not outbound else Status.FAILED if failed else Status.DELIVERED
        measured = segments.measure(text)
        fault = {
            "failure_reason": FailureReason.INVALID_RECIPIENT.value,
            "error_code": "4720",
            "error_text": "The number does not exist or takes no texts.",
        }
        self.written.append(
            Message(
                conversation=conversation,
                direction=direction,
                status=status,
                sender=ours if outbound else other,
                text=text,
                segment_count=measured.count,
                encoding=measured.encoding,
                configuration=self.configuration,
                created_at=at,
                sent_at=at if outbound else None,
                delivered_at=at + timedelta(seconds=4) if outbound and not failed else None,
                attempts=1 if outbound else 0,
                **(fault if failed else {}),
            )
        )

    def _thread(self, ours: str, other: str, extension: str, *, at: datetime) -> Conversation:
        known = self.threads.get((ours, other))
        if known is not None:
            return known
        conversation = conversation_with(ours, [other], at=at)
        if conversation.extension_id is None:
            conversation.extension = self.desks.get(extension)
            conversation.save(update_fields=["extension"])
        self.threads[ours, other] = conversation
        return conversation

    def store(self) -> None:
        """Put everything that was written into the database."""
        Message.objects.bulk_create(self.written)
        MessageEvent.objects.bulk_create(
            MessageEvent(message=message, at=message.created_at, status=message.status)
            for message in self.written
        )
        Recipient.objects.bulk_create(
            Recipient(
                message=message,
                number=message.conversation.participants_key,
                status=message.status,
                error_code=message.error_code,
            )
            for message in self.written
            if message.direction == _OUT
        )
        in_time = sorted(self.written, key=lambda message: message.created_at)
        heard = (message for message in in_time if message.direction == _IN)
        for messages in (heard, in_time):
            for message in {one.conversation_id: one for one in messages}.values():
                note_last(message)
