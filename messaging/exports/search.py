"""Finding messages by what people have at hand: a number, a carrier's id, words of the text."""

from __future__ import annotations

import re
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet

from messaging.models import Conversation, Message
from messaging.word_search import keys_of
from tenants.models import Tenant
from tenants.numbers import NotAPhoneNumber, to_e164

LONGEST = 200
_NUMBER = re.compile(r"[\d\s()+./-]*")
_ID = re.compile(r"[A-Za-z0-9_-]{10,64}")
_FEWEST_DIGITS = 4
# Beyond, a list of the threads is slower than asking for them in the same query.
_FEW_THREADS = 500
_FEW_MATCHES = 10_000
_WORDS = "words"


def search(rows: QuerySet[Message], term: str, tenant: Tenant) -> QuerySet[Message]:
    """Keep the messages that the term means."""
    term = " ".join(term[:LONGEST].replace("\x00", "").split())
    if not term or rows.query.is_empty():
        return rows
    if _ID.fullmatch(term):
        named = _by_id(rows, term)
        if named.exists():
            return named
    digits = "".join(c for c in term if c.isdecimal())
    if len(digits) >= _FEWEST_DIGITS and _NUMBER.fullmatch(term):
        return _by_number(rows, term, digits, tenant)
    return _by_words(rows, term)


def is_of_common_words(rows: QuerySet[Message]) -> bool:
    """Tell whether the search asked for words that many of the newest messages hold."""
    return _WORDS in rows.query.annotations


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
    words = _words(term)
    spoken = keys_of(words, most=_FEW_MATCHES + 1)
    if spoken is None or len(spoken) > _FEW_MATCHES:
        spoken = []
    return rows.filter(Q(conversation_id__in=keys) | Q(pk__in=spoken))


def _with_words(rows: QuerySet[Message], words: str) -> QuerySet[Message]:
    # Written as the index message_words is, or it would not be used.
    vector = SearchVector("text", config="simple")
    query = SearchQuery(words, search_type="raw", config="simple")
    return rows.alias(**{_WORDS: vector}).filter(**{_WORDS: query})


def _by_words(rows: QuerySet[Message], term: str) -> QuerySet[Message]:
    words = _words(term)
    if not words:  # pictograms and the like, which the index leaves out
        return rows.filter(text__contains=term)
    keys = keys_of(words, most=_FEW_MATCHES + 1)
    if keys is not None and len(keys) <= _FEW_MATCHES:
        return rows.filter(pk__in=keys)
    return _with_words(rows, words)  # so many that the newest are found at once


def _words(term: str) -> str:
    """Ask for messages with all words, of which the beginning is enough.

    Words are quoted, so that PostgreSQL takes none of their characters for an operator.
    """
    cleaned = re.sub(r"['\\]", " ", term)
    parts = [f"'{word}':*" for word in cleaned.split() if any(c.isalnum() for c in word)]
    return " & ".join(parts)
