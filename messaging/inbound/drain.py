"""Draining the webhook inbox into the tenants. The stored row is the queue, Celery the bell."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass, replace
from itertools import groupby

from django.db import DataError, transaction

from messaging.delivery.receipts import apply_receipt
from messaging.inbound import claims
from messaging.inbound.admission import (
    DELETED,
    Admission,
    Directory,
    Refused,
    admit,
    check_account,
    our_number_of,
)
from messaging.inbound.claims import Outcome, State
from messaging.inbound.receive import receive_message
from messaging.inbound.routing import setting_for
from messaging.models import SmsConfiguration
from providers import bell
from providers.errors import WebhookMalformed
from providers.models import WebhookEvent
from providers.registry import UnknownProvider, provider_class
from providers.types import DeliveryReceipt, InboundMessage, ProviderEvent, UnknownEvent
from tenants.context import TenantUnavailable, entered
from tenants.models import PhoneNumber

logger = logging.getLogger(__name__)

_NUMBER = re.compile(r"\+?[0-9]{1,15}")
_BATCH = 200
_BUDGET = 20.0  # seconds; then another worker's turn
_FAULTS = 3  # tries; then a text is stored without rules and answers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    event: WebhookEvent
    parsed: InboundMessage | DeliveryReceipt
    admission: Admission


def drain() -> int:
    """Route all events that are due and return how many; runs in the public schema.

    Several may run at once. What is left after some seconds is handed to the next run.
    """
    started = time.monotonic()
    total = 0
    while done := _drain_batch():
        total += done
        if time.monotonic() - started > _BUDGET:
            bell.ring_now()
            break
    return total


def _drain_batch() -> int:
    with transaction.atomic():
        events = claims.claim(limit=_BATCH)
        outcomes: dict[int, Outcome] = {}
        jobs = _admitted(events, outcomes)
        jobs.sort(key=lambda job: (job.admission.tenant.pk, job.event.pk))
        claims.lock_tenants({job.admission.tenant.pk for job in jobs})
        for schema_name, group in groupby(jobs, key=lambda job: job.admission.tenant.schema_name):
            outcomes.update(_route_tenant(schema_name, list(group)))
        claims.settle(events, outcomes)
    claims.note_endpoints(events)
    return len(events)


def _admitted(events: list[WebhookEvent], outcomes: dict[int, Outcome]) -> list[_Job]:
    """Parse the events and find their tenants; what ends here gets its outcome."""
    understood: list[tuple[WebhookEvent, InboundMessage | DeliveryReceipt]] = []
    for event in events:
        result = _parse(event)
        if isinstance(result, Outcome):
            outcomes[event.pk] = result
        elif isinstance(result, UnknownEvent):
            outcomes[event.pk] = Outcome(state=State.PROCESSED)
        else:
            understood.append((event, result))
    directory = _directory({our_number_of(parsed) for _, parsed in understood})
    jobs = []
    for event, parsed in understood:
        try:
            admission = admit(event, parsed, directory)
        except Refused as refusal:
            outcomes[event.pk] = Outcome(state=refusal.state, error=refusal.reason)
        else:
            jobs.append(_Job(event=event, parsed=parsed, admission=admission))
    return jobs


def _parse(event: WebhookEvent) -> ProviderEvent | Outcome:
    try:
        return provider_class(event.provider).parse_webhook(bytes(event.payload))
    except WebhookMalformed as error:
        return Outcome(state=State.FAILED, error=error.detail)
    except UnknownProvider:
        return Outcome(state=State.FAILED, error="No carrier of this name is set up here.")
    except Exception as error:  # noqa: BLE001  # each event is a task of its own: see _route
        logger.error("event %s not parsed: %s", event.pk, type(error).__name__)
        return claims.fault(event, error)


def _directory(numbers: set[str]) -> Directory:
    # A NUL or lone surrogate in one event must not fail the query for all of them.
    plausible = {number for number in numbers if _NUMBER.fullmatch(number)}
    rows = PhoneNumber.objects.select_related("tenant", "trunk").filter(number__in=plausible)
    return {row.number: row for row in rows}


def _route_tenant(schema_name: str, jobs: list[_Job]) -> dict[int, Outcome]:
    try:
        with entered(schema_name):
            configurations = _configurations(jobs)
            outcomes = {
                job.event.pk: _route(job, configurations.get(job.event.endpoint_id)) for job in jobs
            }
    except TenantUnavailable:  # since the event was admitted
        closed = Outcome(state=State.REJECTED, error="The tenant is suspended.")
        outcomes = {job.event.pk: closed for job in jobs}
    tenant_id = jobs[0].admission.tenant.pk
    return {key: replace(outcome, tenant_id=tenant_id) for key, outcome in outcomes.items()}


def _configurations(jobs: list[_Job]) -> dict[int | None, SmsConfiguration]:
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
