"""Notes beside a thread, for colleagues only; whom one mentions is told of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from django.db import connection, transaction
from django.utils import timezone

from messaging import live
from messaging.handling.actions import Actor
from messaging.handling.people import sharers
from messaging.handling.refusals import HandlingRefused
from messaging.models import Conversation, Extension, Note
from messaging.plaintext import storable
from messaging.push.outgoing import announce_note

LONGEST = 2000
MOST_MENTIONS = 20

_NUMBER = re.compile(r"@(\d{2,10})(?!\d)")
_ADD = """
    UPDATE messaging_conversation
    SET shared_with = ARRAY(SELECT DISTINCT unnest(shared_with || %s::bigint[]) ORDER BY 1)
    WHERE id = %s RETURNING shared_with
"""


def add_note(conversation: Conversation, actor: Actor, text: str) -> Note:
    """Keep a note and tell whom it mentions; who could not see the thread can from now on.

    Raises HandlingRefused.
    """
    text = storable(text).replace("\r\n", "\n").strip()
    if not text:
        raise HandlingRefused("Write the note first.", code="empty")
    if len(text) > LONGEST:
        raise HandlingRefused(f"A note has {LONGEST:,} characters at most.", code="too_long")
    found = mentioned(text)
    if len(found) > MOST_MENTIONS:
        raise HandlingRefused(f"Mention {MOST_MENTIONS} colleagues at most.", code="too_many")
    with transaction.atomic():
        note = Note.objects.create(
            conversation=conversation,
            author=actor.user,
            text=text,
            mentions=[extension.pk for extension in found],
            created_at=timezone.now(),
        )
        _let_in(conversation, found)
        live.hint(conversation)
        if found:
            announce_note(note)
    return note


def mentioned(text: str) -> list[Extension]:
    """Return the extensions that a text names: @101, @Ann Archer, or @Ann if there is one Ann."""
    if "@" not in text:
        return []
    extensions = list(Extension.objects.all())
    numbers = set(_NUMBER.findall(text))
    names = _names(extensions)
    spoken = text.casefold()
    return [
        extension
        for extension in extensions
        if extension.number in numbers
        or any(_says(spoken, name) for name in names.get(extension.pk, ()))
    ]


def _names(extensions: Iterable[Extension]) -> dict[int, list[str]]:
    """Return what each may be called: the whole name, and a first name that is nobody else's."""
    whole = {e.pk: " ".join(e.name.casefold().split()) for e in extensions if e.name.strip()}
    firsts = Counter(name.split()[0] for name in whole.values())
    return {
        key: [name, *(first for first in name.split()[:1] if firsts[first] == 1)]
        for key, name in whole.items()
    }


def _says(text: str, name: str) -> bool:
    return re.search(rf"@{re.escape(name)}(?!\w)", text) is not None


def _let_in(conversation: Conversation, extensions: list[Extension]) -> None:
    if not extensions:
        return
    inside = {conversation.extension_id, *sharers(conversation).values_list("pk", flat=True)}
    guests = [extension.pk for extension in extensions if extension.pk not in inside]
    if not guests:
        return
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [guests, conversation.pk])
        (conversation.shared_with,) = cursor.fetchone()
