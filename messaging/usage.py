"""Counting each tenant's messages by day, for pages that show all tenants at once."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import DatabaseError
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from messaging.models import Message
from messaging.models.message import Status
from tenants.context import TenantUnavailable, entered
from tenants.models import Tenant, UsageDay

logger = logging.getLogger(__name__)

# Receipts change yesterday's figures too; older days are settled, and counted only once.
_RECOUNTED = timedelta(days=1)
_KEPT = timedelta(days=30)
# A text may be written this long before it leaves, and counts on the day it leaves.
_WRITTEN_BEFORE = timedelta(days=31)

_COUNTED = ("received", "sent", "delivered", "failed", "segments")


def count_tenants() -> None:
    """Count the open tenants, one after the other; may run twice at once."""
    waiting = Tenant.objects.filter(is_active=True, state=Tenant.State.READY)
    for schema_name in waiting.order_by("pk").values_list("schema_name", flat=True):
        try:
            with entered(schema_name) as tenant:
                count_days(tenant)
        except TenantUnavailable:
            continue  # suspended since the list was read
        except DatabaseError as error:
            logger.error("messages of %s not counted: %s", schema_name, type(error).__name__)


def count_days(tenant: Tenant) -> None:
    """Count yesterday and today, and whichever of the last 30 days has no row yet.

    Runs in the tenant's schema. Days begin at midnight of the tenant's own time zone.
    """
    zone = ZoneInfo(tenant.timezone)
    now = timezone.now()
    today = now.astimezone(zone).date()
    first = _first_day(tenant, today)
    counts = counts_by_day(zone, first, today)
    days = [first + timedelta(days=step) for step in range((today - first).days + 1)]
    UsageDay.objects.bulk_create(
        [UsageDay(tenant=tenant, day=day, counted_at=now, **counts.get(day, {})) for day in days],
        update_conflicts=True,
        unique_fields=["tenant", "day"],
        update_fields=[*_COUNTED, "counted_at"],
    )


def _first_day(tenant: Tenant, today: date) -> date:
    oldest = today - _KEPT
    known = set(
        UsageDay.objects.filter(tenant=tenant, day__gte=oldest).values_list("day", flat=True)
    )
    days = (oldest + timedelta(days=step) for step in range((today - oldest).days))
    return min((day for day in days if day not in known), default=today - _RECOUNTED)


def counts_by_day(zone: ZoneInfo, first: date, last: date) -> dict[date, dict[str, int]]:
    """Count the days from `first` to `last` in one query; days without messages are left out."""
    out = Q(direction=Message.Direction.OUT)
    sent = out & Q(status__in=[Status.SENT, Status.UNCONFIRMED, Status.DELIVERED])
    midnight = datetime.combine(first, time.min, tzinfo=zone)
    rows: Iterable[Mapping[str, Any]] = (
        # By the time of writing, which is indexed; then by the day that counts.
        Message.objects.filter(created_at__gte=midnight - _WRITTEN_BEFORE)
        .annotate(at=Coalesce("sent_at", "scheduled_at", "created_at"))
        .annotate(day=TruncDate("at", tzinfo=zone))
        .filter(day__gte=first, day__lte=last)
        .order_by()
        .values("day")
        .annotate(
            received=Count("pk", filter=Q(direction=Message.Direction.IN)),
            sent=Count("pk", filter=sent),
            delivered=Count("pk", filter=out & Q(status=Status.DELIVERED)),
            failed=Count("pk", filter=out & Q(status=Status.FAILED)),
            segments=Coalesce(Sum("segment_count", filter=sent), 0),
        )
    )
    return {row["day"]: {name: row[name] for name in _COUNTED} for row in rows}
