"""Receiving many texts of one tenant at once: those that ask for nothing but to be stored.

messaging.inbound.receive, which takes one text at a time, is the reference: what is stored here
must be what it would have stored. Whatever needs a second look is left to it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef
from django_tenants.utils import tenant_context

from messaging import live, queue, segments
from messaging.consent.keywords import consent_keyword
from messaging.inbound import auto_replies, facts, putting, storing
from messaging.inbound.facts import Account, Met, Setting, Standing
from messaging.inbound.receive import SAME_REQUEST, is_worth_noting
from messaging.models import Conversation, Message
from messaging.plaintext import storable
from messaging.push import keys
from providers.types import InboundMessage
from tenants.models import Tenant

Parties = tuple[str, str]  # our number, theirs

_LONGEST_NUMBER = 16
_LONGEST_ID = 64
_GSM7 = frozenset(segments.GSM7_BASIC + segments.GSM7_EXTENDED)
_NO_LETTERS = re.compile(r"[^A-Za-z]+")
_MOST_LETTERS = 11  # of a consent word in plain ASCII
_MOST_PUT = 300  # texts; of more, a look at what is there costs each of them next to nothing
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
class _Thread:
    """A thread as it is after the texts of the batch that were looked at."""

    line: storing.Line
    extension: str
    last_at: datetime
    is_empty: bool  # as it was made, without a text
    is_new: bool = True  # in the batch


@dataclass(frozen=True, slots=True)
class _Answers:
    """The tenant's auto-replies, and the threads that are no first contact."""

    offered: auto_replies.Offers
    zone: str
    threads: frozenset[int]


@dataclass(slots=True)
class _Batch:
    """What is to be stored, built up text by text in their order."""

    standing: Standing
    met: Met
    answers: _Answers | None  # None = the tenant has no auto-replies
    texts: list[storing.Text] = field(default_factory=list)
    threads: dict[Parties, _Thread] = field(default_factory=dict)
    accounts: dict[int, datetime] = field(default_factory=dict)  # when each last brought a text
    duplicates: list[int] = field(default_factory=list)
    # Who and what has a text that is left to the reference: later ones must not overtake it.
    left_parties: set[Parties] = field(default_factory=set)
    left_keys: set[str] = field(default_factory=set)
    stored_keys: set[str] = field(default_factory=set)


class MetBefore(storing.NotAllStored):
    """A text was here already: all must be undone, and done with a look at what is there."""


def receive_many(tenant: Tenant, arrivals: Sequence[Arrival]) -> set[int]:
    """Store what is plain, and return the events that are dealt with; needs a savepoint.

    The others come after it, in their order: none of them is older than a text of the same
    thread that is stored here. Raises MetBefore and storing.NotAllStored.
    """
    plain = {arrival.event_id for arrival in arrivals if _is_plain(arrival)}
    if not plain:
        return set()
    standing = _standing(tenant, [each for each in arrivals if each.event_id in plain])
    if standing.has_rules:
        return set()
    if not _may_be_put(standing, arrivals):
        return _look_and_store(tenant, standing, arrivals, plain)
    batch = _Batch(standing=standing, met=facts.NOTHING, answers=None)
    _fill(batch, arrivals, plain)
    done: set[int] = set()
    if batch.texts:
        (stored,) = putting.put([_lot(tenant, batch)])
        done = _put(tenant, batch, stored)
        live.hint_plain(tenant.schema_name, _shown(batch, stored))
    if len(done) < len(batch.texts):
        left = [each for each in arrivals if each.event_id not in done]
        done |= _look_and_store(tenant, standing, left, plain)
    return done


def receive_of(lots: Sequence[tuple[Tenant, Sequence[Arrival]]]) -> dict[int, set[int]]:
    """Store what is plain of several tenants at one go; needs a savepoint.

    Returns the events that are dealt with by tenant, of those that were tried. Raises MetBefore.
    """
    batches: list[tuple[Tenant, _Batch]] = []
    for tenant, arrivals in lots:
        plain = {arrival.event_id for arrival in arrivals if _is_plain(arrival)}
        if not plain:
            continue
        standing = _standing(tenant, [each for each in arrivals if each.event_id in plain])
        if standing.has_rules or not _may_be_put(standing, arrivals):
            continue
        batch = _Batch(standing=standing, met=facts.NOTHING, answers=None)
        _fill(batch, arrivals, plain)
        if batch.texts:
            batches.append((tenant, batch))
    if not batches:
        return {}
    all_stored = putting.put([_lot(tenant, batch) for tenant, batch in batches])
    pairs = list(zip(batches, all_stored, strict=True))
    done = {tenant.pk: _put(tenant, batch, stored) for (tenant, batch), stored in pairs}
    live.hint_plain_of(
        {tenant.schema_name: _shown(batch, stored) for (tenant, batch), stored in pairs}
    )
    return done


def receive_known(tenant: Tenant, arrivals: Sequence[Arrival]) -> set[int]:
    """Do the same where some of the texts may be here already.

    Raises storing.NotAllStored.
    """
    plain = {arrival.event_id for arrival in arrivals if _is_plain(arrival)}
    if not plain:
        return set()
    standing = _standing(tenant, [each for each in arrivals if each.event_id in plain])
    return _look_and_store(tenant, standing, arrivals, plain)


def _look_and_store(
    tenant: Tenant, standing: Standing, arrivals: Sequence[Arrival], plain: Collection[int]
) -> set[int]:
    asked = [each for each in arrivals if each.event_id in plain]
    met = facts.met(
        tenant.schema_name,
        parties={_parties(arrival.text) for arrival in asked},
        keys={arrival.text.provider_message_id for arrival in asked},
    )
    answers = _answers(tenant, arrivals, met) if standing.has_auto_replies else None
    batch = _Batch(standing=standing, met=met, answers=answers)
    _fill(batch, arrivals, plain)
    if batch.texts:
        _store(tenant, batch)
    return {text.event for text in batch.texts} | set(batch.duplicates)


def _fill(batch: _Batch, arrivals: Sequence[Arrival], plain: Collection[int]) -> None:
    for arrival in arrivals:
        if arrival.event_id not in plain or not _add(batch, arrival):
            batch.left_parties.add(_parties(arrival.text))
            batch.left_keys.add(arrival.text.provider_message_id)


def _standing(tenant: Tenant, plain: Sequence[Arrival]) -> Standing:
    return facts.standing(
        tenant,
        numbers={arrival.number_id for arrival in plain},
        endpoints={each.endpoint_id for each in plain if each.endpoint_id is not None},
    )


def _may_be_put(standing: Standing, arrivals: Sequence[Arrival]) -> bool:
    """Tell whether the texts may be stored first, and looked at where that did not do."""
    names = {arrival.text.provider_message_id for arrival in arrivals}
    return (
        len(arrivals) <= _MOST_PUT and len(names) == len(arrivals) and not standing.has_auto_replies
    )


def _is_plain(arrival: Arrival) -> bool:
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


def _parties(text: InboundMessage) -> Parties:
    return text.our_number, text.sender


def _answers(tenant: Tenant, arrivals: Sequence[Arrival], met: Met) -> _Answers:
    with tenant_context(tenant):
        offered = auto_replies.offers({arrival.text.our_number for arrival in arrivals})
        threads = {thread.pk for thread in met.threads.values()}
        texts = Message.objects.filter(conversation=OuterRef("pk"))
        spoken = Conversation.objects.filter(Exists(texts), pk__in=threads)
        spoken_keys = frozenset(spoken.values_list("pk", flat=True))
    return _Answers(offered, tenant.timezone, spoken_keys)


def _add(batch: _Batch, arrival: Arrival) -> bool:
    """Take the text into the batch; False = it needs a second look."""
    standing, text = batch.standing, arrival.text
    parties, key = _parties(text), text.provider_message_id
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


def _needs_a_look(batch: _Batch, arrival: Arrival, setting: Setting | None) -> bool:
    standing, text = batch.standing, arrival.text
    if arrival.endpoint_id is not None:
        is_by_wrong_door = arrival.endpoint_id not in standing.accounts
    else:
        is_by_wrong_door = setting is not None and setting.provider_id is not None
    return (
        is_by_wrong_door
        or _parties(text) in batch.left_parties
        or text.provider_message_id in batch.left_keys
        or not _is_clear(standing, setting)
        or _may_be_answered(batch, arrival)
    )


def _may_be_answered(batch: _Batch, arrival: Arrival) -> bool:
    """Tell whether an auto-reply is meant for the text; whether it is sent is another question."""
    if batch.answers is None:
        return False
    offered, zone, threads = batch.answers.offered, batch.answers.zone, batch.answers.threads
    row = batch.met.threads.get(_parties(arrival.text))
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


def _thread(
    batch: _Batch, parties: Parties, setting: Setting | None, at: datetime
) -> _Thread | None:
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
    thread = _Thread(
        line=line,
        extension=number,
        last_at=row.last_at if row else at,
        is_empty=row is None or not row.has_messages,
    )
    batch.threads[parties] = thread
    return thread


def _after_last(thread: _Thread, at: datetime) -> datetime:
    if not thread.is_empty and at <= thread.last_at < at + SAME_REQUEST:
        return thread.last_at + _MICROSECOND
    return at


def _note_last(thread: _Thread, text: str, at: datetime) -> None:
    line = thread.line
    if thread.is_new or line.at <= at:
        line.text, line.at = text[:200], at
    line.first = min(line.first, at)
    if thread.is_empty or thread.last_at <= at:
        thread.last_at = at
    thread.is_new = thread.is_empty = False


def _note_account(batch: _Batch, account: Account, at: datetime) -> None:
    noted = batch.standing.noted.get(account.pk, account.last_inbound_at)
    if is_worth_noting(batch.accounts.get(account.pk, noted), at):
        batch.accounts[account.pk] = at


def _lot(tenant: Tenant, batch: _Batch) -> putting.Lot:
    return putting.Lot(
        schema_name=tenant.schema_name,
        texts=batch.texts,
        lines=[thread.line for thread in batch.threads.values()],
    )


def _put(tenant: Tenant, batch: _Batch, stored: putting.Put) -> set[int]:
    texts = [text for text in batch.texts if (text.ours, text.sender) in stored.threads]
    if stored.texts != len(texts):
        raise MetBefore
    if texts:
        _follow(tenant, batch, texts, stored.mails)
    return {text.event for text in texts}


def _shown(batch: _Batch, stored: putting.Put) -> dict[int, str]:
    return {key: batch.threads[parties].extension for parties, key in stored.threads.items()}


def _store(tenant: Tenant, batch: _Batch) -> None:
    threads = list(batch.threads.values())
    stored = storing.store(tenant.schema_name, batch.texts, [thread.line for thread in threads])
    shown = {key: thread.extension for key, thread in zip(stored.threads, threads, strict=True)}
    live.hint_plain(tenant.schema_name, shown)
    _follow(tenant, batch, batch.texts, stored.mails)


def _follow(
    tenant: Tenant,
    batch: _Batch,
    texts: Sequence[storing.Text],
    mails: Sequence[int],
) -> None:
    """Set off what follows from the texts that were stored."""
    schema, standing = tenant.schema_name, batch.standing
    for mail in mails:
        transaction.on_commit(partial(queue.publish, queue.SEND_MAIL, schema, mail))
    if standing.has_devices and keys.signing_key() is not None:
        for text in texts:
            transaction.on_commit(partial(queue.publish, queue.PUSH, schema, text.id))
    for pk, at in batch.accounts.items():
        storing.note_account(schema, pk, at)
        transaction.on_commit(partial(standing.noted.__setitem__, pk, at))
