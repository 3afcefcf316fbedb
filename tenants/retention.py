"""How long a tenant keeps what, as its own row says; null = for ever.

Whoever shortens a time may have mistyped it, and nothing that is deleted comes back: a shorter time
holds a day later only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from tenants.models import Tenant

KEPT = ("keep_messages_days", "keep_media_days", "keep_events_days", "keep_audit_days")
SECOND_THOUGHTS = timedelta(days=1)
# Hours of the tenant's own night: nobody waits for the database then.
_NIGHT = range(1, 5)


def second_thoughts(tenant: Tenant, changed: Iterable[str]) -> list[str]:
    """Put a change of these columns off if it shortens a time; return the columns to save."""
    columns = list(changed)
    times = [name for name in columns if name in KEPT]
    if not times:
        return columns
    stored = Tenant.objects.get(pk=tenant.pk)
    if not any(_is_shorter(getattr(tenant, name), getattr(stored, name)) for name in times):
        return columns
    tenant.retention_from = timezone.now() + SECOND_THOUGHTS
    return [*columns, "retention_from"]


def cutoff(tenant: Tenant, days: int | None) -> datetime | None:
    """Return what everything must be younger than to be kept; None = all is kept."""
    now = timezone.now()
    if days is None or (tenant.retention_from is not None and tenant.retention_from > now):
        return None
    return now - timedelta(days=days)


def at_night() -> list[str]:
    """Name the schemas of open tenants that do not keep all, where it is night now."""
    now = timezone.now()
    in_force = Q(retention_from=None) | Q(retention_from__lte=now)
    rows = Tenant.objects.filter(in_force, is_active=True, state=Tenant.State.READY)
    some = Q(keep_messages_days__isnull=False) | Q(keep_media_days__isnull=False)
    rows = rows.filter(some | Q(keep_audit_days__isnull=False))
    zones = rows.order_by("pk").values_list("schema_name", "timezone")
    return [name for name, zone in zones if now.astimezone(ZoneInfo(zone)).hour in _NIGHT]


def event_days() -> dict[int, int | None]:
    """Return how many days each tenant keeps webhook events; None = as long as it thinks it over.

    All tenants, for there are few of them and millions of events.
    """
    known: dict[int, int | None] = dict(Tenant.objects.values_list("pk", "keep_events_days"))
    waiting = Tenant.objects.filter(retention_from__gt=timezone.now())
    return known | dict.fromkeys(waiting.values_list("pk", flat=True))


def _is_shorter(new: int | None, old: int | None) -> bool:
    return new is not None and (old is None or new < old)
