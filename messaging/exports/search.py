"""Finding messages by what people have at hand: a number, a carrier's id, words of the text."""

from __future__ import annotations

import re
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet

from messaging.models import Conversation, Message
from tenants.models import Tenant
from tenants.numbers import NotAPhoneNumber, to_e164

LONGEST = 200
_NUMBER = re.compile(r"[\d\s()+./-]*")
_ID = re.compile(r"[A-Za-z0-9_-]{10,64}")
_FEWEST_DIGITS = 4
# Beyond, a list of the threads is slower than asking for them in the same query.
_FEW_THREADS = 500


def search(rows: QuerySet[Message], term: str, tenant: Tenant) -> QuerySet[Message]:
    """Keep the messages that the term means."""
    term = " ".join(term[:LONGEST].replace("\x00", "").split())
    if not term:
        return rows
    if _ID.fullmatch(term):
        named = _by_id(rows, term)
        if named.exists():
            return named
    digits = "".join(c for c in term if c.isdecimal())
    if len(digits) >= _FEWEST_DIGITS and _NUMBER.fullmatch(term):
        return _by_number(rows, term, digits, tenant)
    return _with_words(rows).filter(_words(term))


def _by_id(rows: QuerySet[Message], term: str) -> QuerySet[Message]:
    # Both directions named: the index begins with it.
    by_carrier = Q(provider_message_id=term, direction__in=Message.Direction.values)
    try:
        return rows.filter(by_carrier & ~Q(provider_message_id="") | Q(pk=UUID(term)))
    except ValueError:
        return rows.filter(by_carrier & ~Q(provider_message_id=""))


def _by_number(
    rows: QuerySet[Message], term: str, digits: str, tenant: Tenant
) -> QuerySet[Message]:
    try:
        number = to_e164(term, country=tenant.country, short_codes=True)
        threads = Conversation.objects.filter(
            Q(our_number=number) | Q(participants_key__contains=number)
        )
    except NotAPhoneNumber:
        threads = Conversation.objects.filter(
            Q(our_number__contains=digits) | Q(participants_key__contains=digits)
        )
    keys = list(threads.values_list("pk", flat=True)[: _FEW_THREADS + 1])
    if len(keys) > _FEW_THREADS:
        return rows.filter(conversation__in=threads)
    return _with_words(rows).filter(Q(conversation_id__in=keys) | _words(term))


def _with_words(rows: QuerySet[Message]) -> QuerySet[Message]:
    # Written as the index message_words is, or it would not be used.
    return rows.alias(words=SearchVector("text", config="simple"))


def _words(term: str) -> Q:
    """Ask for messages with all words, of which the beginning is enough.

    Words are quoted, so that PostgreSQL takes none of their characters for an operator.
    """
    cleaned = re.sub(r"['\\]", " ", term)
    parts = [f"'{word}':*" for word in cleaned.split() if any(c.isalnum() for c in word)]
    if not parts:  # pictograms and the like, which the index leaves out
        return Q(text__contains=term)
    return Q(words=SearchQuery(" & ".join(parts), search_type="raw", config="simple"))
