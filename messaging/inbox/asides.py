"""What colleagues see between a thread's messages: their notes, and who had it when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils.safestring import SafeString

from messaging.inbox import clock
from messaging.inbox.bubbles import Bubble, Part, Thread, Window
from messaging.inbox.linkify import linkify
from messaging.models import Conversation, Extension, HandlingEvent, Note
from tenants.models import Tenant, User

# Far more than anybody writes between the messages of one page.
_MOST = 200
Kind = HandlingEvent.Kind

_NOTE = {
    "text": "text",
    "mentions": "mentions",
    "person": "author_id",
    "person_name": "author__name",
    "person_email": "author__email",
}
_EVENT = {
    "kind": "kind",
    "person": "by_id",
    "person_name": "by__name",
    "person_email": "by__email",
    "extension": "extension__id",
    "extension_number": "extension__number",
    "extension_name": "extension__name",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Notes and changes of hands among some messages."""

    notes: list[Note]
    events: list[HandlingEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """A note or a change of hands, ready to show."""

    id: str
    place: str
    is_note: bool
    who: str
    text: SafeString | str
    time: str
    mentions_reader: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing of the thread, with the day above the first of a day."""

    day: str
    day_key: str
    bubble: Bubble | None = None
    aside: Aside | None = None


def told_apart(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Add `has_asides`: most threads have none, and need no questions about them."""
    notes = Note.objects.filter(conversation=OuterRef("pk")).order_by()
    events = HandlingEvent.objects.filter(conversation=OuterRef("pk")).order_by()
    return conversations.annotate(has_asides=Exists(notes) | Exists(events))


def of(conversation: Conversation, part: Part, window: Window) -> Beside:
    """Read what lies among a part's messages, or beside its open end."""
    if not getattr(conversation, "has_asides", True):
        return Beside(notes=[], events=[])
    begin = window.after.at if window.after else None
    end = window.before.at if window.before else None
    if part.messages and part.has_older:
        begin = part.messages[0].created_at
    if part.messages and part.has_newer:
        end = part.messages[-1].created_at
    notes = conversation.notes.filter(_within("created_at", begin, end))
    events = conversation.handling_events.filter(_within("at", begin, end))
    rows = _newest(notes, _NOTE, "created_at").union(_newest(events, _EVENT, "at"), all=True)
    newest_first = sorted(rows, key=lambda row: (row["moment"], row["id"]), reverse=True)
    return Beside(
        notes=[_read_note(row) for row in newest_first if "text" in row],
        events=[_read_event(row) for row in newest_first if "kind" in row],
    )


def entries(
    part: Part, thread: Thread, beside: Beside, tenant: Tenant, reader: User
) -> list[Entry]:
    """Put messages, notes and changes of hands in the order of time."""
    country = tenant.country
    placed: list[tuple[datetime, int, int, dict[str, Any]]] = []
    for message, bubble in zip(part.messages, thread.bubbles, strict=True):
        placed.append((message.created_at, 0, len(placed), {"bubble": bubble}))
    for event in reversed(beside.events):
        placed.append((event.at, 1, len(placed), {"aside": _line(event, country, reader)}))
    for note in reversed(beside.notes):
        placed.append((note.created_at, 1, len(placed), {"aside": _note(note, country, reader)}))
    placed.sort(key=lambda each: each[:3])
    shown: list[Entry] = []
    last_day = ""
    for at, _, _, what in placed:
        day = clock.day(at)
        shown.append(Entry(day="" if day == last_day else day, day_key=clock.day_key(at), **what))
        last_day = day
    return shown


def _within(field: str, begin: datetime | None, end: datetime | None) -> Q:
    kept = Q(**{f"{field}__gte": begin}) if begin else Q()
    return kept & Q(**{f"{field}__lt": end}) if end else kept


def _newest(rows: QuerySet[Any], fields: dict[str, str], moment: str) -> QuerySet[Any, Any]:
    """Put each of the newest rows into one value, so that both tables are one question."""
    fields = {**fields, "id": "id", "moment": moment}
    newest = rows.order_by(f"-{moment}", "-id").values_list(JSONObject(**fields), flat=True)
    return newest[:_MOST]


def _read_note(row: dict[str, Any]) -> Note:
    return Note(
        id=row["id"],
        created_at=datetime.fromisoformat(row["moment"]),
        text=row["text"],
        mentions=row["mentions"],
        author=_read_person(row),
    )


def _read_event(row: dict[str, Any]) -> HandlingEvent:
    found = HandlingEvent(id=row["id"], at=datetime.fromisoformat(row["moment"]), kind=row["kind"])
    found.by = _read_person(row)
    if row["extension"] is not None:
        found.extension = Extension(
            id=row["extension"], number=row["extension_number"], name=row["extension_name"]
        )
    return found


def _read_person(row: dict[str, Any]) -> User | None:
    if row["person_email"] is None:
        return None
    return User(id=row["person"], name=row["person_name"], email=row["person_email"])


def _note(note: Note, country: str, reader: User) -> Aside:
    return Aside(
        id=f"n{note.pk}",
        place=f"n{note.pk}",
        is_note=True,
        who=_person(note.author, reader),
        text=linkify(note.text),
        time=clock.time_of_day(note.created_at, country),
    )


def _line(event: HandlingEvent, country: str, reader: User) -> Aside:
    return Aside(
        id=f"h{event.pk}",
        place=f"h{event.pk}",
        is_note=False,
        who="",
        text=_words(event, reader),
        time=clock.time_of_day(event.at, country),
    )


_NOBODY = {
    Kind.GIVEN: "Nobody of the group is available: anyone may take it",
    Kind.ASSIGNED: "{by} made it unassigned",
    Kind.REOPENED: "Open again: a new text came in",
}
_SOMEBODY = {
    Kind.GIVEN: "Given to {to} by turn",
    Kind.TAKEN: "{by} took this conversation",
    Kind.ASSIGNED: "{by} assigned it to {to}",
    Kind.TRANSFERRED: "{by} transferred it to {to}",
    Kind.DONE: "{by} marked it done",
    Kind.REOPENED: "{by} opened it again",
}


def _words(event: HandlingEvent, reader: User) -> str:
    kind, extension = Kind(event.kind), event.extension
    is_of_nobody = extension is None if kind != Kind.REOPENED else event.by_id is None
    words = (_NOBODY if is_of_nobody else _SOMEBODY).get(kind, _SOMEBODY[kind])
    to = (extension.name or f"ext. {extension.number}") if extension else "somebody"
    return words.format(to=to, by=_person(event.by, reader))


def _person(user: User | None, reader: User) -> str:
    if user is None:
        return "Somebody"
    return "You" if user.pk == reader.pk else str(user)
