"""Taking events out of the webhook inbox, and writing down what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from messaging.plaintext import one_line
from providers.models import WebhookEvent
from tenants.models import WebhookEndpoint

State = WebhookEvent.State

_RECEIPT_WAITS = (5, 15, 60, 300, 1500)
_FAULT_WAITS = (5, 15, 60, 300, 900, 1800, 3600)
# Namespace of the advisory locks, apart from other users of them.
_LOCKS = 7201


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one event; `wait` = it stays pending for that many seconds."""

    state: WebhookEvent.State
    error: str = ""
    tenant_id: int | None = None
    wait: int | None = None


def claim(*, limit: int) -> list[WebhookEvent]:
    """Lock the oldest events that are due and that nobody else holds; needs a transaction."""
    return list(
        WebhookEvent.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("endpoint__tenant")
        .defer("endpoint__callback_username", "endpoint__callback_password")
        .filter(Q(next_attempt_at=None) | Q(next_attempt_at__lte=timezone.now()))
        .filter(state=State.PENDING)
        .order_by("id")[:limit]
    )


def lock_tenants(tenant_ids: Iterable[int]) -> None:
    """Wait until no other run works on these tenants, so that their events stay in order."""
    with connection.cursor() as cursor:
        for tenant_id in sorted(tenant_ids):  # sorted: two runs cannot wait for each other
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCKS, tenant_id])


def not_yet(event: WebhookEvent) -> Outcome:
    """Let a receipt wait for its message; it may have overtaken our own note of it."""
    return _later(event, _RECEIPT_WAITS, "There is no message of this id.")


def fault(event: WebhookEvent, error: Exception) -> Outcome:
    """Let an event that met a fault of ours wait; its text is not the place for details."""
    return _later(event, _FAULT_WAITS, f"Processing failed: {type(error).__name__}.")


def _later(event: WebhookEvent, waits: Sequence[int], error: str) -> Outcome:
    if event.attempts >= len(waits):
        return Outcome(state=State.FAILED, error=error)
    return Outcome(state=State.PENDING, error=error, wait=waits[event.attempts])


def settle(events: Sequence[WebhookEvent], outcomes: dict[int, Outcome]) -> None:
    """Write the outcomes, one statement for all events that share one."""
    alike: dict[tuple[Outcome, int], list[int]] = {}
    for event in events:
        alike.setdefault((outcomes[event.pk], event.attempts), []).append(event.pk)
    now = timezone.now()
    for (outcome, attempts), keys in alike.items():
        values = {
            "state": outcome.state,
            "error": one_line(outcome.error, limit=300),
            "attempts": attempts + 1,
            "next_attempt_at": None
            if outcome.wait is None
            else now + timedelta(seconds=outcome.wait),
        }
        if outcome.tenant_id is not None:
            values["tenant_id"] = outcome.tenant_id
        WebhookEvent.objects.filter(pk__in=keys).update(**values)


def note_endpoints(events: Sequence[WebhookEvent]) -> None:
    """Keep on each endpoint when its last event came in."""
    latest = {e.endpoint_id: e.received_at for e in sorted(events, key=lambda e: e.received_at)}
    for endpoint_id, at in latest.items():
        if endpoint_id is not None:
            WebhookEndpoint.objects.filter(
                Q(last_event_at=None) | Q(last_event_at__lt=at), pk=endpoint_id
            ).update(last_event_at=at)
