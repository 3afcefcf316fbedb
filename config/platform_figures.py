"""What the system portal tells of all tenants at once, in a few queries however many they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from providers.models import WebhookEvent
from tenants.models import PhoneNumber, Tenant, UsageDay, WebhookEndpoint

DAYS = 14
_MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySum:
    """Messages of all tenants on one day."""

    day: date
    received: int = 0
    sent: int = 0
    delivered: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantLine:
    """One tenant's state, and its messages since its own midnight."""

    tenant: Tenant
    numbers: int
    has_webhook: bool
    last_callback: datetime | None
    received: int = 0
    sent: int = 0
    failed: int = 0
    segments: int = 0
    counted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Events that wait to be routed; `seconds` is how long the oldest has been due."""

    count: int
    seconds: int | None


def tenant_lines() -> list[TenantLine]:
    """Return all tenants, those with the most failures today first."""
    now = timezone.now()
    # Today is yesterday or tomorrow somewhere.
    recent = UsageDay.objects.filter(day__gte=now.date() - timedelta(days=1))
    usage = {(row.tenant_id, row.day): row for row in recent}
    lines = []
    for tenant in _tenants():
        today = now.astimezone(ZoneInfo(tenant.timezone)).date()
        row = usage.get((tenant.pk, today)) or UsageDay()
        lines.append(
            TenantLine(
                tenant=tenant,
                numbers=tenant.numbers_count or 0,
                has_webhook=bool(tenant.endpoints_count),
                last_callback=tenant.last_callback,
                received=row.received,
                sent=row.sent,
                failed=row.failed,
                segments=row.segments,
                counted_at=row.counted_at,
            )
        )
    lines.sort(key=lambda line: (-line.failed, line.tenant.name.casefold()))
    return lines


def _tenants() -> QuerySet[Tenant]:
    of_tenant = {"tenant": OuterRef("pk")}
    numbers = PhoneNumber.objects.filter(**of_tenant).order_by().values("tenant")
    endpoints = WebhookEndpoint.objects.filter(**of_tenant).order_by().values("tenant")
    tenants: QuerySet[Tenant] = Tenant.objects.annotate(
        numbers_count=Subquery(numbers.annotate(n=Count("pk")).values("n")),
        endpoints_count=Subquery(endpoints.annotate(n=Count("pk")).values("n")),
        last_callback=Subquery(endpoints.annotate(at=Max("last_event_at")).values("at")),
    )
    return tenants


def last_days() -> list[DaySum]:
    """Add up the last days over all tenants, oldest first; days without messages are in it."""
    today = timezone.now().date()
    first = today - timedelta(days=DAYS - 1)
    sums = (
        UsageDay.objects.filter(day__gte=first, day__lte=today)
        .order_by()
        .values("day")
        .annotate(
            all_received=Sum("received"),
            all_sent=Sum("sent"),
            all_delivered=Sum("delivered"),
            all_failed=Sum("failed"),
        )
    )
    known = {
        row["day"]: DaySum(
            day=row["day"],
            received=row["all_received"],
            sent=row["all_sent"],
            delivered=row["all_delivered"],
            failed=row["all_failed"],
        )
        for row in sums
    }
    days = [first + timedelta(days=step) for step in range(DAYS)]
    return [known.get(day) or DaySum(day=day) for day in days]


def waiting_events() -> Waiting:
    """Look at the queue of events; one that waits for its next attempt is not late."""
    now = timezone.now()
    found = WebhookEvent.objects.filter(state=WebhookEvent.State.PENDING).aggregate(
        count=Count("pk"), due=Min(Coalesce("next_attempt_at", "received_at"))
    )
    due = found["due"]
    seconds = None if due is None or due > now else int((now - due).total_seconds())
    return Waiting(count=found["count"], seconds=seconds)


def events_in(state: WebhookEvent.State) -> str:
    """Count the events of a state; nobody waits for a count of millions."""
    count = WebhookEvent.objects.filter(state=state).order_by()[:_MOST_COUNTED].count()
    return f"{_MOST_COUNTED - 1}+" if count == _MOST_COUNTED else str(count)


def free_numbers() -> int:
    """Count the numbers that no tenant has."""
    return PhoneNumber.objects.filter(tenant=None).count()
