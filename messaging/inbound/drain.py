"""Draining the webhook inbox into the tenants. The stored row is the queue, Celery the bell."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import DataError, transaction

from messaging.delivery.receipts import apply_receipt
from messaging.delivery.receipts_many import Told, apply_receipts
from messaging.inbound import claims, many, pace
from messaging.inbound.admission import (
    CLOSED,
    DELETED,
    Admission,
    Directory,
    Refused,
    admit,
    check_account,
    our_number_of,
)
from messaging.inbound.batch import Arrival
from messaging.inbound.claims import Claimed, Outcome, State
from messaging.inbound.pace import Pace
from messaging.inbound.receive import receive_message
from messaging.inbound.routing import setting_for
from messaging.inbound.shares import share
from messaging.inbound.turns import Turns
from messaging.models import SmsConfiguration
from providers import bell
from providers.errors import WebhookMalformed
from providers.registry import UnknownProvider, provider_class
from providers.types import DeliveryReceipt, InboundMessage, ProviderEvent, UnknownEvent
from tenants.context import TenantUnavailable, entered
from tenants.models import PhoneNumber, Tenant, WebhookEndpoint

logger = logging.getLogger(__name__)

_Way = Callable[[Tenant, Sequence[Arrival]], set[int]]

_NUMBER = re.compile(r"\+?[0-9]{1,15}")
_WAKE_EVERY = 5.0  # seconds
_BUDGET = 20.0  # seconds; then another worker's turn
# Of so many tenants, some share a savepoint and a trip to the server.
_CROWD = 8
_GROUP = 16  # tenants
_GROUP_EVENTS = 300
_FAULTS = 3  # tries; then a text is stored without rules and answers


@dataclass(frozen=True, slots=True)
class _Job:
    event: Claimed
    parsed: InboundMessage | DeliveryReceipt
    admission: Admission


def drain() -> int:
    """Route all events that are due and return how many; runs in the public schema.

    Several may run at once. What is left after some seconds is handed to the next run.
    """
    with share() as ours:
        return _drain(Turns(ours.of))


def _drain(turns: Turns) -> int:
    started = time.monotonic()
    next_wake = started
    total, now = 0, pace.first()
    while True:
        began = time.monotonic()
        if began >= next_wake:
            claims.wake()
            next_wake = began + _WAKE_EVERY
        claimed, done = _drain_batch(now, turns)
        total += done
        if not done:
            return total
        if time.monotonic() - started > _BUDGET:
            bell.ring_now()
            return total
        seconds = time.monotonic() - began
        now = now.after(claimed=claimed, done=done, seconds=seconds)
        time.sleep(pace.rest(done=done, tenants=turns.last_served, seconds=seconds))


def _drain_batch(now: Pace, turns: Turns) -> tuple[int, int]:
    """Route one batch; returns how many events it took, and how many of them it settled."""
    until = time.monotonic() + pace.LONGEST
    with transaction.atomic():
        heads = claims.heads()
        locked = claims.lock_some(turns.order(heads, most=now.places), most=now.places)
        events = claims.claim(locked, limit=now.events)
        outcomes: dict[int, Outcome] = {}
        by_tenant = _by_tenant(_admitted(events, outcomes))
        # An event may be for another tenant than it was kept for: then that one is needed too.
        strangers = by_tenant.keys() - set(locked)
        free = {*locked, *claims.lock_some(strangers, most=len(strangers))}
        served: list[int] = []
        # In the order of their turns: if time runs out, it is the others' next.
        turn = [key for key in dict.fromkeys((*locked, *by_tenant)) if key in by_tenant]
        for group in _grouped([by_tenant[key] for key in turn if key in free]):
            if served and time.monotonic() >= until:
                break
            received = _receive_group(group) if len(group) > 1 else {}
            for jobs in group:
                tenant_id = jobs[0].admission.tenant.pk
                known = received.get(tenant_id)
                if not served or known or time.monotonic() < until:
                    outcomes.update(_route_tenant(jobs, until=until, received=known))
                    served.append(tenant_id)
        claims.settle(outcomes)
    turns.note(served, heads)
    claims.note_endpoints([event for event in events if event.pk in outcomes])
    return len(events), len(outcomes)


def _by_tenant(jobs: list[_Job]) -> dict[int, list[_Job]]:
    grouped: dict[int, list[_Job]] = {}
    for job in sorted(jobs, key=lambda job: job.event.pk):
        grouped.setdefault(job.admission.tenant.pk, []).append(job)
    return grouped


def _admitted(events: Sequence[Claimed], outcomes: dict[int, Outcome]) -> list[_Job]:
    """Parse the events and find their tenants; what ends here gets its outcome."""
    understood: list[tuple[Claimed, InboundMessage | DeliveryReceipt]] = []
    for event in events:
        result = _parse(event)
        if isinstance(result, Outcome):
            outcomes[event.pk] = result
        elif isinstance(result, UnknownEvent):
            outcomes[event.pk] = Outcome(state=State.PROCESSED)
        else:
            understood.append((event, result))
    directory = _directory(understood)
    jobs = []
    for event, parsed in understood:
        try:
            admission = admit(event, parsed, directory)
        except Refused as refusal:
            outcomes[event.pk] = Outcome(state=refusal.state, error=refusal.reason)
        else:
            jobs.append(_Job(event, parsed, admission))
    return jobs


def _parse(event: Claimed) -> ProviderEvent | Outcome:
    try:
        return provider_class(event.provider).parse_webhook(event.payload)
    except WebhookMalformed as error:
        return Outcome(state=State.FAILED, error=error.detail)
    except UnknownProvider:
        return Outcome(state=State.FAILED, error="No carrier of this name is set up here.")
    except Exception as error:  # noqa: BLE001  # each event is a task of its own: see _route
        logger.error("event %s not parsed: %s", event.pk, type(error).__name__)
        return claims.fault(event, error)


def _directory(events: Sequence[tuple[Claimed, InboundMessage | DeliveryReceipt]]) -> Directory:
    # A NUL or lone surrogate in one event must not fail the query for all of them.
    named = {our_number_of(parsed) for _, parsed in events}
    numbers = PhoneNumber.objects.select_related("tenant__routing_stamp", "trunk").filter(
        number__in={number for number in named if _NUMBER.fullmatch(number)}
    )
    endpoints = (
        WebhookEndpoint.objects.select_related("tenant__routing_stamp")
        .defer("callback_username", "callback_password")
        .filter(pk__in={e.endpoint_id for e, _ in events if e.endpoint_id is not None})
    )
    return Directory(
        numbers={row.number: row for row in numbers}, endpoints={row.pk: row for row in endpoints}
    )


def _grouped(tenants: Sequence[list[_Job]]) -> list[list[list[_Job]]]:
    """Put tenants together that have few events each, where there are many of them."""
    if len(tenants) < _CROWD:
        return [[jobs] for jobs in tenants]
    groups: list[list[list[_Job]]] = [[]]
    for jobs in tenants:
        if len(groups[-1]) == _GROUP or sum(map(len, groups[-1])) + len(jobs) > _GROUP_EVENTS:
            groups.append([])
        groups[-1].append(jobs)
    return [group for group in groups if group]


def _receive_group(group: Sequence[Sequence[_Job]]) -> dict[int, set[int]]:
    """Store the plain texts of several tenants; whatever goes wrong, each is tried alone."""
    lots = [(jobs[0].admission.tenant, _arrivals(jobs)) for jobs in group]
    try:
        with transaction.atomic():
            return many.receive_of(lots)
    except Exception as error:  # a tenant's texts may only fail by themselves
        if transaction.get_rollback():
            raise  # the savepoint is lost, with it the claim: the next run begins anew
        logger.warning(
            "texts of %s tenants not stored at once: %s", len(lots), type(error).__name__
        )
        return {}


def _route_tenant(
    jobs: list[_Job], *, until: float, received: set[int] | None = None
) -> dict[int, Outcome]:
    """Route the events of one tenant; after `until` the rest is left to the next batch.

    `received` are those that were stored together with other tenants' before.
    """
    tenant = jobs[0].admission.tenant
    done = Outcome(state=State.PROCESSED)
    if received is None:
        outcomes = dict.fromkeys(_receive_many(tenant, jobs), done)
    else:
        outcomes = dict.fromkeys(received, done)
        if left := [job for job in jobs if job.event.pk not in received]:
            known = _receive_many(tenant, left, ways=(many.receive_known,))
            outcomes |= dict.fromkeys(known, done)
    rest = [job for job in jobs if job.event.pk not in outcomes]
    if rest:
        try:
            with entered(tenant.schema_name):
                _route_each(rest, outcomes, until=until)
        except TenantUnavailable:  # since the event was admitted
            closed = Outcome(state=State.REJECTED, error=CLOSED)
            outcomes |= dict.fromkeys((job.event.pk for job in rest), closed)
    strange = {job.event.pk for job in jobs if job.event.tenant_id != tenant.pk}
    for key in strange & outcomes.keys():
        outcomes[key] = replace(outcomes[key], tenant_id=tenant.pk)
    return outcomes


def _arrivals(jobs: Sequence[_Job]) -> list[Arrival]:
    return [
        Arrival(
            job.event.pk,
            job.event.received_at,
            job.parsed,
            job.admission.number.pk,
            job.event.endpoint_id,
            job.event.attempts == 0,
        )
        for job in jobs
        if isinstance(job.parsed, InboundMessage) and job.admission.number is not None
    ]


def _receive_many(
    tenant: Tenant, jobs: Sequence[_Job], *, ways: Sequence[_Way] | None = None
) -> set[int]:
    """Store the plain texts at once; whatever goes wrong, each is still tried alone."""
    arrivals = _arrivals(jobs)
    for way in ways or (many.receive_many, many.receive_known):
        try:
            with transaction.atomic():
                return way(tenant, arrivals)
        except many.MetBefore:
            continue
        except Exception as error:  # the tenant's texts may only fail one by one
            if transaction.get_rollback():
                raise  # the savepoint is lost, with it the claim: the next run begins anew
            logger.warning("texts of %s not stored at once: %s", tenant.pk, type(error).__name__)
            break
    return set()


def _route_each(jobs: Sequence[_Job], outcomes: dict[int, Outcome], *, until: float) -> None:
    configurations = _configurations(jobs)
    applied = _apply_many(jobs, configurations)
    for job in jobs:
        if job.event.pk in applied:
            outcomes[job.event.pk] = Outcome(state=State.PROCESSED)
        elif time.monotonic() < until or not outcomes:
            outcomes[job.event.pk] = _route(job, configurations.get(job.event.endpoint_id))


def _apply_many(
    jobs: Sequence[_Job], configurations: Mapping[int | None, SmsConfiguration]
) -> set[int]:
    """Apply the plain receipts at once."""
    told = [
        Told(
            event_id=job.event.pk,
            receipt=job.parsed,
            configuration=configurations.get(job.event.endpoint_id),
        )
        for job in jobs
        if isinstance(job.parsed, DeliveryReceipt)
        and (job.event.endpoint_id is None or job.event.endpoint_id in configurations)
    ]
    try:
        with transaction.atomic():
            return apply_receipts(told) if told else set()
    except Exception as error:  # as above
        if transaction.get_rollback():
            raise
        logger.warning("receipts not applied at once: %s", type(error).__name__)
        return set()


def _configurations(jobs: Sequence[_Job]) -> dict[int | None, SmsConfiguration]:
    endpoints = {job.event.endpoint_id for job in jobs}
    rows = SmsConfiguration.objects.filter(endpoint__in=endpoints).defer(
        "password", "webhook_token"
    )
    return {row.endpoint_id: row for row in rows}


def _route(job: _Job, configuration: SmsConfiguration | None) -> Outcome:
    """Do one event in a savepoint of its own, so that it can fail alone."""
    event = job.event
    try:
        with transaction.atomic():
            return _apply(job, configuration)
    except Refused as refusal:
        return Outcome(state=refusal.state, error=refusal.reason)
    except DataError as error:
        # Something longer than its column: it would not fit the next time either.
        logger.error("event %s does not fit: %s", event.pk, type(error).__name__)
        return Outcome(state=State.FAILED, error="A value is too long to be stored.")
    except Exception as error:  # each event is a task of its own, and may only fail alone
        # Details may hold the message's text: none are logged.
        if transaction.get_rollback():
            raise  # the savepoint is lost, with it the claim: the next run begins anew
        logger.error("event %s not routed: %s", event.pk, type(error).__name__)
        return claims.fault(event, error)


def _apply(job: _Job, configuration: SmsConfiguration | None) -> Outcome:
    by_platform = job.admission.endpoint is None
    if not by_platform and configuration is None:
        raise Refused(State.REJECTED, DELETED)
    done = Outcome(state=State.PROCESSED)
    if isinstance(job.parsed, DeliveryReceipt):
        applied = apply_receipt(
            job.parsed, configuration=configuration, webhook_event_id=job.event.pk
        )
        return done if applied else claims.not_yet(job.event)
    if by_platform:
        check_account(setting_for(job.parsed.our_number))
    receive_message(
        job.admission.tenant,
        job.parsed,
        configuration,
        received_at=job.event.received_at,
        webhook_event_id=job.event.pk,
        met_faults=job.event.attempts >= _FAULTS,
    )
    return done
