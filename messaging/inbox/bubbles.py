"""A thread's messages as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.safestring import SafeString

from messaging.inbox import clock, words
from messaging.inbox.linkify import linkify
from messaging.inbox.people import AddressBook
from messaging.models import Attachment, Conversation, Message
from messaging.models.message import Status
from tenants.models import Tenant

MOST = 2000
# Browsers draw these without running anything; all else is a download.
RASTER = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Picture or file of a message."""

    url: str
    name: str
    size: int
    state: str
    is_picture: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """One message, ready to show."""

    id: UUID
    day: str  # only above the first message of a day
    is_ours: bool
    who: str
    text: SafeString
    time: str
    status: str
    icon: str
    status_text: str
    explanation: str
    error_code: str
    each: list[tuple[str, str]]  # name and status, for groups
    pieces: list[Piece]

    @property
    def may_retry(self) -> bool:
        """Tell whether the person may have it sent once more."""
        return self.status in (Status.FAILED, Status.UNCONFIRMED)

    @property
    def needs_confirmation(self) -> bool:
        """Tell whether another try might arrive as a second copy."""
        return self.status == Status.UNCONFIRMED

    @property
    def may_cancel(self) -> bool:
        """Tell whether it can still be held back."""
        return self.status == Status.SCHEDULED


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """The newest messages of a conversation, oldest first."""

    bubbles: list[Bubble]
    count: int
    next_count: int  # 0 = nothing earlier
    newest: Message | None


def thread(conversation: Conversation, count: int, book: AddressBook, tenant: Tenant) -> Thread:
    """Read the newest `count` messages of a conversation."""
    rows = (
        conversation.messages.select_related("author")
        .prefetch_related("attachments", "recipients")
        .order_by("-created_at", "-id")[: count + 1]
    )
    found = list(rows)
    shown = found[:count][::-1]
    return Thread(
        bubbles=_bubbles(shown, conversation, book, tenant),
        count=count,
        next_count=count + 50 if len(found) > count else 0,
        newest=shown[-1] if shown else None,
    )


def piece(attachment: Attachment) -> Piece:
    """Show an attachment."""
    return Piece(
        url=reverse("inbox:media", args=[attachment.pk]),
        name=attachment.name or "File",
        size=attachment.size,
        state=attachment.state,
        is_picture=attachment.content_type in RASTER,
    )


def _bubbles(
    messages: Sequence[Message], conversation: Conversation, book: AddressBook, tenant: Tenant
) -> list[Bubble]:
    is_group = len(conversation.participants) > 1
    bubbles: list[Bubble] = []
    last_day = ""
    for message in messages:
        day = clock.day(message.created_at)
        icon, status_text = words.SHOWN[message.status]
        is_ours = message.direction == Message.Direction.OUT
        bubbles.append(
            Bubble(
                id=message.pk,
                day="" if day == last_day else day,
                is_ours=is_ours,
                who=_who(message, book, is_group=is_group),
                text=linkify(message.text),
                time=clock.time_of_day(message.created_at, tenant.country),
                status=message.status,
                icon=icon,
                status_text=status_text,
                explanation=words.explanation(message),
                error_code=message.error_code if message.status == Status.FAILED else "",
                each=_each(message, book) if is_ours and is_group else [],
                pieces=[piece(attachment) for attachment in message.attachments.all()],
            )
        )
        last_day = day
    return bubbles


def _who(message: Message, book: AddressBook, *, is_group: bool) -> str:
    if message.direction == Message.Direction.IN:
        return book.name(message.sender) if is_group else ""
    return str(message.author) if message.author else ""


def _each(message: Message, book: AddressBook) -> list[tuple[str, str]]:
    return [
        (book.name(recipient.number), words.SHOWN[recipient.status][1])
        for recipient in message.recipients.all()
    ]
