"""Finding conversations by what people type: a name, a number in any form, words of any message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from messaging.models import Contact, Conversation
from messaging.word_search import newest_hits

# Of a common word the newest messages are found: nobody reads through thousands of hits.
MOST_HITS = 200
_MOST_NAMES = 1000
_MOST_IN_GROUPS = 50
_NOT_OF_A_NUMBER = re.compile(r"[^\d\s()+./-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """The newest message of a conversation that holds the words."""

    id: UUID
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Conversations that match, and the messages they were found by."""

    conversations: QuerySet[Conversation]
    hits: Mapping[int, Hit]
    is_cut: bool  # older messages hold the words too


def search(visible: QuerySet[Conversation], text: str) -> Found:
    """Narrow the visible conversations to those that match; "" matches all."""
    if not text:
        return Found(conversations=visible, hits={}, is_cut=False)
    hits, is_cut = _hits(visible, text)
    asked = Q(pk__in=list(hits))
    digits = number_part(text)
    if digits:
        asked |= Q(participants_key__contains=digits) | Q(our_number__contains=digits)
    numbers = _named(text)
    if numbers:
        asked |= Q(participants_key__in=numbers)
        # A group's key holds several numbers and equals none; they are few.
        groups = Q(participants_key__contains=",") & Q(
            participants_key__regex="|".join(
                re.escape(number) for number in numbers[:_MOST_IN_GROUPS]
            )
        )
        asked |= groups
    return Found(conversations=visible.filter(asked), hits=hits, is_cut=is_cut)


def number_part(text: str) -> str:
    """Return the digits that a stored number must hold; "" when no number was typed."""
    if _NOT_OF_A_NUMBER.search(text):
        return ""
    # “+44 (0)20 …” and “020 …”: the zero is dialled at home and not stored.
    digits = re.sub(r"\D", "", text.replace("(0)", "")).lstrip("0")
    # Two digits are in every number.
    return digits if len(digits) > 2 else ""


def words_query(text: str) -> str:
    """Write what was typed for to_tsquery: each word quoted, the longer ones as beginnings."""
    parts: list[str] = []
    for word in text.split():
        bare = re.sub(r"['\\\x00]", " ", word).strip()
        if re.search(r"\w", bare):
            parts.append(f"'{bare}'" + (":*" if len(bare) > 2 else ""))
    return " & ".join(parts)


def _hits(visible: QuerySet[Conversation], text: str) -> tuple[dict[int, Hit], bool]:
    query = words_query(text)
    if not query:
        return {}, False
    rows = newest_hits(query, visible if visible.query.where else None, most=MOST_HITS + 1)
    hits: dict[int, Hit] = {}
    for conversation_id, pk, message_text, at in rows[:MOST_HITS]:
        hits.setdefault(conversation_id, Hit(id=pk, text=message_text, at=at))
    return hits, len(rows) > MOST_HITS


def _named(text: str) -> list[str]:
    # Most are of no company: an empty one is told sooner than one that holds no such text.
    company = ~Q(company="") & Q(company__icontains=text)
    names = Contact.objects.filter(Q(name__icontains=text) | company)
    return list(names.order_by().values_list("number", flat=True)[:_MOST_NAMES])
