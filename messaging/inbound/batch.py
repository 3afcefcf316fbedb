"""Building what is stored of a tenant at once, from the texts that ask for nothing else.

messaging.inbound.receive, which takes one text at a time, is the reference: whatever needs a
second look is left to it, and so are the later texts of that thread.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from messaging import segments
from messaging.consent.keywords import consent_keyword
from messaging.inbound import auto_replies, storing
from messaging.inbound.facts import Account, Met, Setting, Standing
from messaging.inbound.receive import SAME_REQUEST, is_worth_noting
from messaging.plaintext import storable
from providers.types import InboundMessage

Parties = tuple[str, str]  # our number, theirs

_LONGEST_NUMBER = 16
_LONGEST_ID = 64
_GSM7 = frozenset(segments.GSM7_BASIC + segments.GSM7_EXTENDED)
_NO_LETTERS = re.compile(r"[^A-Za-z]+")
_MOST_LETTERS = 11  # of a consent word in plain ASCII
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A text as it came in for one of the tenant's numbers."""

    event_id: int
    received_at: datetime
    text: InboundMessage
    number_id: int
    endpoint_id: int | None  # None = by the platform's account
    is_fresh: bool  # it has met no fault before


@dataclass(slots=True)
class Thread:
    """A thread as it is after the texts of the batch that were looked at."""

    line: storing.Line
    extension: str
    last_at: datetime
    is_empty: bool  # as it was made, without a text
    is_new: bool = True  # in the batch


@dataclass(frozen=True, slots=True)
class Answers:
    """The tenant's auto-replies, and the threads that are no first contact."""

    offered: auto_replies.Offers
    zone: str
    threads: frozenset[int]


@dataclass(slots=True)
class Batch:
    """What is to be stored, built up text by text in their order."""

    standing: Standing
    met: Met
    answers: Answers | None  # None = the tenant has no auto-replies
    texts: list[storing.Text] = field(default_factory=list)
    threads: dict[Parties, Thread] = field(default_factory=dict)
    accounts: dict[int, datetime] = field(default_factory=dict)  # when each last brought a text
    duplicates: list[int] = field(default_factory=list)
    # Who and what has a text that is left to the reference: later ones must not overtake it.
    left_parties: set[Parties] = field(default_factory=set)
    left_keys: set[str] = field(default_factory=set)
    stored_keys: set[str] = field(default_factory=set)


def fill(batch: Batch, arrivals: Sequence[Arrival], plain: Collection[int]) -> None:
    """Take in what can be stored of the texts, in their order; `plain` are the events to try."""
    for arrival in arrivals:
        if arrival.event_id not in plain or not _add(batch, arrival):
            batch.left_parties.add(parties_of(arrival.text))
            batch.left_keys.add(arrival.text.provider_message_id)


def is_plain(arrival: Arrival) -> bool:
    """Tell whether a text by itself asks for nothing but to be stored."""
    text = arrival.text
    return (
        arrival.is_fresh
        and not text.media_urls
        and set(text.recipients) <= {text.our_number, text.sender}
        and len(text.sender) <= _LONGEST_NUMBER
        and 0 < len(text.provider_message_id) <= _LONGEST_ID
        and "," not in text.sender
        and not _may_be_consent_word(text.text)
    )


def _may_be_consent_word(text: str) -> bool:
    if text.isascii() and len(_NO_LETTERS.sub("", text)) > _MOST_LETTERS:
        return False  # what is around a word is no letters, so it is no word
    return bool(consent_keyword(storable(text)))


def parties_of(text: InboundMessage) -> Parties:
    """Name the thread by its two numbers."""
    return text.our_number, text.sender


def _add(batch: Batch, arrival: Arrival) -> bool:
    """Take the text into the batch; False = it needs a second look."""
    standing, text = batch.standing, arrival.text
    parties, key = parties_of(text), text.provider_message_id
    setting = standing.settings.get(arrival.number_id)
    if _needs_a_look(batch, arrival, setting):
        return False
    account = None
    if arrival.endpoint_id is not None:
        account = standing.accounts[arrival.endpoint_id]
    if key in batch.met.known or key in batch.stored_keys:
        batch.duplicates.append(arrival.event_id)
        return True
    thread = _thread(batch, parties, setting, arrival.received_at)
    if thread is None:
        return False
    written = storable(text.text)
    at = _after_last(thread, arrival.received_at)
    batch.stored_keys.add(key)
    batch.texts.append(
        storing.Text(
            n=len(batch.texts),
            line=thread.line.n,
            id=uuid4(),
            ours=text.our_number,
            sender=text.sender,
            text=written,
            segments=max(1, min(text.segment_count, 999)),
            encoding="GSM-7" if _GSM7.issuperset(written) else "UCS-2",
            configuration=account.pk if account else None,
            key=key,
            at=at,
            event=arrival.event_id,
            email=setting.email if setting and setting.enabled else "",
        )
    )
    _note_last(thread, written, at)
    if account is not None:
        _note_account(batch, account, arrival.received_at)
    return True


def _needs_a_look(batch: Batch, arrival: Arrival, setting: Setting | None) -> bool:
    standing, text = batch.standing, arrival.text
    if arrival.endpoint_id is not None:
        is_by_wrong_door = arrival.endpoint_id not in standing.accounts
    else:
        is_by_wrong_door = setting is not None and setting.provider_id is not None
    return (
        is_by_wrong_door
        or parties_of(text) in batch.left_parties
        or text.provider_message_id in batch.left_keys
        or not _is_clear(standing, setting)
        or _may_be_answered(batch, arrival)
    )


def _may_be_answered(batch: Batch, arrival: Arrival) -> bool:
    """Tell whether an auto-reply is meant for the text; whether it is sent is another question."""
    if batch.answers is None:
        return False
    offered, zone, threads = batch.answers.offered, batch.answers.zone, batch.answers.threads
    row = batch.met.threads.get(parties_of(arrival.text))
    at = arrival.received_at
    return any(
        auto_replies.choose(
            offered,
            arrival.text.our_number,
            at=moment,
            zone=zone,
            is_first=row is None or row.pk not in threads,
        )
        for moment in (at, at + SAME_REQUEST)  # it may be stored a moment later
    )


def _is_clear(standing: Standing, setting: Setting | None) -> bool:
    """Tell whether the number's Message Settings alone decide, and for one inbox at most."""
    is_shared = setting is not None and setting.enabled and setting.is_shared
    return not (standing.has_rules or is_shared)


def _thread(batch: Batch, parties: Parties, setting: Setting | None, at: datetime) -> Thread | None:
    """Return the text's thread; None when it is not where the settings lead."""
    extension, number = None, ""
    if setting is not None and setting.enabled:
        extension, number = setting.extension_id, setting.extension or ""
    found = batch.threads.get(parties)
    if found is not None:
        return found
    row = batch.met.threads.get(parties)
    if row is not None and (row.is_shared or row.extension_id != extension):
        return None
    line = storing.Line(
        n=len(batch.threads),
        thread=row.pk if row else None,
        ours=parties[0],
        others=parties[1],
        extension=extension,
        text="",
        at=at,
        first=at,
    )
    thread = Thread(
        line=line,
        extension=number,
        last_at=row.last_at if row else at,
        is_empty=row is None or not row.has_messages,
    )
    batch.threads[parties] = thread
    return thread


def _after_last(thread: Thread, at: datetime) -> datetime:
    if not thread.is_empty and at <= thread.last_at < at + SAME_REQUEST:
        return thread.last_at + _MICROSECOND
    return at


def _note_last(thread: Thread, text: str, at: datetime) -> None:
    line = thread.line
    if thread.is_new or line.at <= at:
        line.text, line.at = text[:200], at
    line.first = min(line.first, at)
    if thread.is_empty or thread.last_at <= at:
        thread.last_at = at
    thread.is_new = thread.is_empty = False


def _note_account(batch: Batch, account: Account, at: datetime) -> None:
    noted = batch.standing.noted.get(account.pk, account.last_inbound_at)
    if is_worth_noting(batch.accounts.get(account.pk, noted), at):
        batch.accounts[account.pk] = at
