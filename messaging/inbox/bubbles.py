"""A thread's messages as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, QuerySet, When
from django.utils import timezone
from django.utils.safestring import SafeString

from messaging.hours import quiet as quiet_hours
from messaging.inbox import clock, words
from messaging.inbox.cursor import Place
from messaging.inbox.fates import FATES, Fate, fate
from messaging.inbox.linkify import linkify
from messaging.inbox.moments import moment
from messaging.inbox.people import AddressBook
from messaging.inbox.pieces import FILES, Piece, piece_of
from messaging.models import Conversation, Message, MessageEvent
from messaging.models.message import Status
from tenants.models import Tenant, User

PAGE = 50
_SOON = timedelta(minutes=1)
_WAITS = "Waits until"
_TOLD_QUIET = MessageEvent.objects.filter(
    message=OuterRef("pk"), detail__startswith=quiet_hours.WAITS
).order_by()
# Asked of what waits only.
_QUIET = Case(When(status=Status.QUEUED, then=Exists(_TOLD_QUIET)), default=False)
_AUTOMATIC = frozenset({Message.Origin.AUTO_REPLY, Message.Origin.CONSENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """One message, ready to show."""

    id: UUID
    place: str
    day: str  # only above the first message of a day
    day_key: str
    is_ours: bool
    who: str
    text: SafeString
    time: str
    status: str
    icon: str
    status_text: str
    explanation: str
    error_code: str
    each: list[Fate]  # for groups
    pieces: list[Piece]
    is_sought: bool
    is_automatic: bool  # no person wrote it
    waits_for_morning: bool  # and may be sent at once on purpose

    @property
    def may_retry(self) -> bool:
        """Tell whether the person may have it sent once more."""
        return self.status in (Status.FAILED, Status.UNCONFIRMED)

    @property
    def is_unsettled(self) -> bool:
        """Tell whether there may be something left to decide about it."""
        return self.may_retry or self.may_cancel or self.waits

    @property
    def needs_confirmation(self) -> bool:
        """Tell whether another try might arrive as a second copy."""
        return self.status == Status.UNCONFIRMED

    @property
    def may_cancel(self) -> bool:
        """Tell whether it can still be held back."""
        return self.status == Status.SCHEDULED

    @property
    def waits(self) -> bool:
        """Tell whether it is held for a while, for the recipient's morning or a limit."""
        return self.status == Status.QUEUED and self.status_text.startswith(_WAITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which part of a thread is asked for: the newest, unless one of these is given."""

    at: UUID | None = None  # around this message
    before: Place | None = None
    after: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Messages of a conversation in a row, oldest first."""

    messages: list[Message]
    has_older: bool
    has_newer: bool
    sought: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A part of a conversation, ready to show."""

    bubbles: list[Bubble]
    older: str  # where to go on; "" = nothing earlier
    newer: str  # "" = this part holds the newest


def part(conversation: Conversation, window: Window) -> Part:
    """Read one part of a conversation, with its files and recipients, in one question."""
    rows = conversation.messages.select_related("author").annotate(files=FILES, is_quiet=_QUIET)
    if len(conversation.participants) > 1:
        rows = rows.annotate(fates=FATES)
    sought = rows.filter(pk=window.at).first() if window.at else None
    if sought:
        place = _place(sought)
        older, has_older = _older(rows, place, PAGE // 2)
        newer, has_newer = _newer(rows, place, PAGE // 2)
        shown = [*older, sought, *newer]
    elif window.after:
        shown, has_newer = _newer(rows, window.after, PAGE)
        has_older = False  # these are on the page already
    else:
        shown, has_older = _older(rows, window.before, PAGE)
        has_newer = False
    return Part(messages=shown, has_older=has_older, has_newer=has_newer, sought=sought)


def thread(
    part: Part, conversation: Conversation, book: AddressBook, tenant: Tenant, reader: User
) -> Thread:
    """Show one part of a conversation."""
    shown = part.messages
    return Thread(
        bubbles=_bubbles(shown, conversation, book, tenant, reader, sought=part.sought),
        older=str(_place(shown[0])) if part.has_older else "",
        newer=str(_place(shown[-1])) if part.has_newer else "",
    )


def _older(rows: QuerySet[Message], place: Place | None, count: int) -> tuple[list[Message], bool]:
    if place:
        rows = rows.filter(place.before("created_at"))
    found = list(rows.order_by("-created_at", "-id")[: count + 1])
    return found[:count][::-1], len(found) > count


def _newer(rows: QuerySet[Message], place: Place, count: int) -> tuple[list[Message], bool]:
    found = list(rows.filter(place.after("created_at")).order_by("created_at", "id")[: count + 1])
    return found[:count], len(found) > count


def _place(message: Message) -> Place:
    return Place(at=message.created_at, id=message.pk)


def _bubbles(
    messages: Sequence[Message],
    conversation: Conversation,
    book: AddressBook,
    tenant: Tenant,
    reader: User,
    *,
    sought: Message | None,
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
                place=str(_place(message)),
                day="" if day == last_day else day,
                day_key=clock.day_key(message.created_at),
                is_ours=is_ours,
                who=_who(message, book, reader, is_group=is_group),
                text=linkify(message.text),
                time=clock.time_of_day(message.created_at, tenant.country),
                status=message.status,
                icon=icon,
                status_text=_status_text(message, status_text, tenant.country),
                explanation=words.explanation(message),
                error_code=message.error_code if message.status == Status.FAILED else "",
                each=_each(message, book) if is_ours and is_group else [],
                pieces=[piece_of(file) for file in message.files],  # type: ignore[attr-defined]
                is_sought=message == sought,
                is_automatic=message.origin in _AUTOMATIC,
                waits_for_morning=message.is_quiet,  # type: ignore[attr-defined]  # annotated
            )
        )
        last_day = day
    return bubbles


def _status_text(message: Message, usual: str, country: str) -> str:
    if message.status == Status.SCHEDULED and message.scheduled_at:
        return f"Sends {moment(message.scheduled_at, country).words}"
    due = message.next_attempt_at
    if message.status == Status.QUEUED and due and due > timezone.now() + _SOON:
        return f"{_WAITS} {moment(due, country).words}"
    return usual


def _who(message: Message, book: AddressBook, reader: User, *, is_group: bool) -> str:
    if message.direction == Message.Direction.IN:
        return book.name(message.sender) if is_group else ""
    if message.origin in _AUTOMATIC:
        return "Automatic answer"
    # Several people may answer in one thread; nobody needs to be told of the own texts.
    return str(message.author) if message.author and message.author_id != reader.pk else ""


def _each(message: Message, book: AddressBook) -> list[Fate]:
    return [
        fate(recipient, book.name(recipient["number"]))
        for recipient in message.fates  # type: ignore[attr-defined]  # annotated
    ]
