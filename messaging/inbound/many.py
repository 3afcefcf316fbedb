"""Receiving many texts of one tenant at once, or of several tenants: those that are plain.

messaging.inbound.receive, which takes one text at a time, is the reference: what is stored here
must be what it would have stored.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef
from django_tenants.utils import tenant_context

from messaging import live, queue
from messaging.inbound import auto_replies, facts, putting, storing
from messaging.inbound.batch import Answers, Arrival, Batch, fill, is_plain, parties_of
from messaging.inbound.facts import Met, Standing
from messaging.models import Conversation, Message
from messaging.push import keys
from tenants.models import Tenant

_MOST_PUT = 300  # texts; of more, a look at what is there costs each of them next to nothing


class MetBefore(storing.NotAllStored):
    """A text was here already: all must be undone, and done with a look at what is there."""


def receive_many(tenant: Tenant, arrivals: Sequence[Arrival]) -> set[int]:
    """Store what is plain, and return the events that are dealt with; needs a savepoint.

    The others come after it, in their order: none of them is older than a text of the same
    thread that is stored here. Raises MetBefore and storing.NotAllStored.
    """
    plain = {arrival.event_id for arrival in arrivals if is_plain(arrival)}
    if not plain:
        return set()
    standing = _standing(tenant, [each for each in arrivals if each.event_id in plain])
    if standing.has_rules:
        return set()
    if not _may_be_put(standing, arrivals):
        return _look_and_store(tenant, standing, arrivals, plain)
    batch = Batch(standing=standing, met=facts.NOTHING, answers=None)
    fill(batch, arrivals, plain)
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
    batches: list[tuple[Tenant, Batch]] = []
    for tenant, arrivals in lots:
        plain = {arrival.event_id for arrival in arrivals if is_plain(arrival)}
        if not plain:
            continue
        standing = _standing(tenant, [each for each in arrivals if each.event_id in plain])
        if standing.has_rules or not _may_be_put(standing, arrivals):
            continue
        batch = Batch(standing=standing, met=facts.NOTHING, answers=None)
        fill(batch, arrivals, plain)
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
    plain = {arrival.event_id for arrival in arrivals if is_plain(arrival)}
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
        parties={parties_of(arrival.text) for arrival in asked},
        keys={arrival.text.provider_message_id for arrival in asked},
    )
    answers = _answers(tenant, arrivals, met) if standing.has_auto_replies else None
    batch = Batch(standing=standing, met=met, answers=answers)
    fill(batch, arrivals, plain)
    if batch.texts:
        _store(tenant, batch)
    return {text.event for text in batch.texts} | set(batch.duplicates)


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


def _answers(tenant: Tenant, arrivals: Sequence[Arrival], met: Met) -> Answers:
    with tenant_context(tenant):
        offered = auto_replies.offers({arrival.text.our_number for arrival in arrivals})
        threads = {thread.pk for thread in met.threads.values()}
        texts = Message.objects.filter(conversation=OuterRef("pk"))
        spoken = Conversation.objects.filter(Exists(texts), pk__in=threads)
        spoken_keys = frozenset(spoken.values_list("pk", flat=True))
    return Answers(offered, tenant.timezone, spoken_keys)


def _lot(tenant: Tenant, batch: Batch) -> putting.Lot:
    return putting.Lot(
        schema_name=tenant.schema_name,
        texts=batch.texts,
        lines=[thread.line for thread in batch.threads.values()],
    )


def _put(tenant: Tenant, batch: Batch, stored: putting.Put) -> set[int]:
    texts = [text for text in batch.texts if (text.ours, text.sender) in stored.threads]
    if stored.texts != len(texts):
        raise MetBefore
    if texts:
        _follow(tenant, batch, texts, stored.mails)
    return {text.event for text in texts}


def _shown(batch: Batch, stored: putting.Put) -> dict[int, str]:
    return {key: batch.threads[parties].extension for parties, key in stored.threads.items()}


def _store(tenant: Tenant, batch: Batch) -> None:
    threads = list(batch.threads.values())
    stored = storing.store(tenant.schema_name, batch.texts, [thread.line for thread in threads])
    shown = {key: thread.extension for key, thread in zip(stored.threads, threads, strict=True)}
    live.hint_plain(tenant.schema_name, shown)
    _follow(tenant, batch, batch.texts, stored.mails)


def _follow(
    tenant: Tenant,
    batch: Batch,
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
