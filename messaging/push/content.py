"""What a notification says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from messaging.models import Contact, Conversation, Message, Note, NotificationChoice
from messaging.plaintext import one_line
from tenants.links import tenant_path
from tenants.models import Tenant
from tenants.numbers import for_people

_LONGEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notification; those of one tag take each other's place on the screen."""

    title: str
    body: str
    tag: str
    url: str

    def as_json(self) -> dict[str, Any]:
        """Return the fields by the names that the inbox's scripts know."""
        return asdict(self)


def senders(messages: Iterable[Message], tenant: Tenant) -> dict[str, str]:
    """Name the messages' senders: as contacts, or by the number as people write it."""
    return _names({message.sender for message in messages}, tenant)


def titles(conversations: Iterable[Conversation], tenant: Tenant) -> dict[int, str]:
    """Name the other side of each conversation."""
    threads = list(conversations)
    names = _names({number for thread in threads for number in thread.participants}, tenant)
    return {
        thread.pk: ", ".join(names[number] for number in thread.participants)[:_LONGEST]
        for thread in threads
    }


def notice_of(message: Message, sender: str, tenant: Tenant, *, is_hidden: bool) -> Notice:
    """Write the notification of an inbound text; hidden = who wrote, but not what."""
    return Notice(
        title=f"New text from {sender}" if is_hidden else sender,
        body="" if is_hidden else _body(message),
        tag=f"conversation-{message.conversation_id}",
        url=tenant_path(tenant, f"inbox/{message.conversation_id}/"),
    )


def mention_of(note: Note, title: str, tenant: Tenant, *, is_hidden: bool) -> Notice:
    """Write the notification of a note; hidden = who mentions one, but not what they say."""
    who = one_line(str(note.author), limit=80) if note.author else "A colleague"
    text = one_line(note.text, limit=_LONGEST)
    return Notice(
        title=f"{who} mentioned you",
        body="" if is_hidden else f"{title}: {text}",
        tag=f"note-{note.pk}",
        url=tenant_path(tenant, f"inbox/{note.conversation_id}/"),
    )


def trial(tenant: Tenant) -> Notice:
    """Write the notification that a person sends to the own device to see that it works."""
    return Notice(
        title=one_line(tenant.name, limit=80),
        body="Notifications work on this device.",
        tag="test",
        url=tenant_path(tenant, "inbox/me/"),
    )


def hides_text(choice: NotificationChoice | None, tenant: Tenant) -> bool:
    """Tell whether the person or the company wants texts kept off locked screens."""
    return tenant.hide_notification_text or bool(choice and choice.hide_text)


def _names(numbers: set[str], tenant: Tenant) -> dict[str, str]:
    names = dict(Contact.objects.filter(number__in=numbers).values_list("number", "name"))
    return {
        number: one_line(names.get(number, ""), limit=80)
        or for_people(number, country=tenant.country)
        for number in numbers
    }


def _body(message: Message) -> str:
    text = one_line(message.text, limit=_LONGEST + 1)
    if len(text) > _LONGEST:
        return text[: _LONGEST - 1].rstrip() + "…"
    if text:
        return text
    kinds = [file.content_type for file in message.attachments.all()]
    is_file = bool(kinds) and all(kind and not kind.startswith("image/") for kind in kinds)
    return "File" if is_file else "Picture" if kinds else "Empty text"
