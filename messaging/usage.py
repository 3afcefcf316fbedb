"""Counting each tenant's messages by day, for pages that show all tenants at once."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum, auto
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db import DatabaseError
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils import timezone

from messaging.models import Message
from messaging.models.message import Status
from tenants.context import TenantUnavailable, entered
from tenants.models import Tenant, UsageDay

logger = logging.getLogger(__name__)

# Receipts change yesterday's figures too; older days are settled, and counted only once.
_ONE = timedelta(days=1)
_RECOUNTED = _ONE
_KEPT = timedelta(days=30)
# A text may be written this long before it leaves, and counts on the day it leaves.
_WRITTEN_BEFORE = timedelta(days=31)

# What was written on an earlier day and left today is found by reading a month; the task does it
# every five minutes, for the pages that count today.
_LATE_SECONDS = 15 * 60

_COUNTED = ("received", "sent", "delivered", "failed", "segments")

Counts = dict[str, int]


class _Written(Enum):
    """Which messages of a day to count, by when they were written."""

    EVER = auto()
    THAT_DAY = auto()
    BEFORE = auto()


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
    _keep_late(tenant, today)
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


@receiver(pre_save, sender=Tenant, dispatch_uid="messaging.usage.zone")
def _forget_days_of_another_zone(sender: type[Tenant], instance: Tenant, **kwargs: Any) -> None:
    """Drop the rows of all days: in another time zone they begin at another hour."""
    stored = Tenant.objects.filter(pk=instance.pk)
    if instance.pk and stored.exclude(timezone=instance.timezone).exists():
        UsageDay.objects.filter(tenant=instance).delete()


def usage_by_day(tenant: Tenant, first: date, last: date) -> dict[date, Counts]:
    """Return the days from `first` to `last`: those that are over as kept, today as it is now.

    Runs in the tenant's schema. Days that nobody has counted yet are counted here.
    """
    zone = ZoneInfo(tenant.timezone)
    today = timezone.now().astimezone(zone).date()
    kept = UsageDay.objects.filter(tenant=tenant, day__range=(first, min(last, today - _ONE)))
    counts = {row.day: {name: getattr(row, name) for name in _COUNTED} for row in kept}
    days = ((first + _ONE * step) for step in range((min(last, today - _ONE) - first).days + 1))
    unknown = next((day for day in days if day not in counts), None)
    if unknown is not None:
        return counts | counts_by_day(zone, unknown, last)
    if first <= today <= last:
        counts[today] = _counts_of_today(tenant, today)
    return counts


def _counts_of_today(tenant: Tenant, today: date) -> Counts:
    zone = ZoneInfo(tenant.timezone)
    late = cache.get(_late_key(tenant, today))
    if late is None:
        late = _keep_late(tenant, today)
    fresh = counts_by_day(zone, today, today, written=_Written.THAT_DAY).get(today, {})
    return {name: late.get(name, 0) + fresh.get(name, 0) for name in _COUNTED}


def _keep_late(tenant: Tenant, today: date) -> Counts:
    zone = ZoneInfo(tenant.timezone)
    late = counts_by_day(zone, today, today, written=_Written.BEFORE).get(today, {})
    cache.set(_late_key(tenant, today), late, _LATE_SECONDS)
    return late


def _late_key(tenant: Tenant, today: date) -> str:
    return f"usage-late:{tenant.pk}:{tenant.timezone}:{today}"


def counts_by_day(
    zone: ZoneInfo, first: date, last: date, *, written: _Written = _Written.EVER
) -> dict[date, Counts]:
    """Count the days from `first` to `last` in one query; days without messages are left out."""
    out = Q(direction=Message.Direction.OUT)
    sent = out & Q(status__in=[Status.SENT, Status.UNCONFIRMED, Status.DELIVERED])
    midnight = datetime.combine(first, time.min, tzinfo=zone)
    since = midnight if written == _Written.THAT_DAY else midnight - _WRITTEN_BEFORE
    messages = Message.objects.filter(created_at__gte=since)
    if written == _Written.BEFORE:
        # Said once more for each column: the planner knows nothing of what it coalesces.
        left = Q(sent_at__gte=midnight) | Q(scheduled_at__gte=midnight)
        messages = messages.filter(left, created_at__lt=midnight)
    rows: Iterable[Mapping[str, Any]] = (
        # By the time of writing, which is indexed; then by the day that counts.
        messages.annotate(at=Coalesce("sent_at", "scheduled_at", "created_at"))
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
