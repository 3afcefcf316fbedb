"""Routing what came in for a tenant while it was suspended, as soon as it is resumed.

Its events were taken and stored meanwhile, so that the carrier's patience does not count.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver

from messaging.inbound.admission import CLOSED, SUSPENDED
from messaging.inbound.claims import LOCKS, UNADDRESSED
from providers.models import WebhookEvent
from providers.replay import replay
from tenants.audit import rows_changed
from tenants.models import Tenant

# Not admitted, or the tenant closed on the way.
_SUSPENDED = Q(error__endswith=SUSPENDED) | Q(error=CLOSED)


@transaction.atomic
def route_held(tenant: Tenant) -> int:
    """Put back into the queue what was turned away by the suspension, and return how much.

    By the platform's address it names no tenant yet. Each event is judged anew, so one too many
    is turned away once more.
    """
    with connection.cursor() as cursor:
        # Whoever is routing at this moment has seen the tenant suspended, and ends first.
        for turn in (tenant.pk, UNADDRESSED):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCKS, turn])
    theirs = Q(tenant=tenant) | Q(tenant=None, endpoint=None)
    events = WebhookEvent.objects.filter(_SUSPENDED, theirs, state=WebhookEvent.State.REJECTED)
    return replay(events)


@receiver(rows_changed, sender=Tenant, dispatch_uid="messaging.held.rows")
def _rows_changed(rows: list[Tenant], names: frozenset[str], **kwargs: Any) -> None:
    for tenant in rows:
        if "is_active" in names and tenant.is_active:
            route_held(tenant)


@receiver(pre_save, sender=Tenant, dispatch_uid="messaging.held.before")
def _before_saving(instance: Tenant, **kwargs: Any) -> None:
    stored = Tenant.objects.filter(pk=instance.pk, is_active=False)
    instance.__dict__["_is_resumed"] = instance.is_active and stored.exists()


@receiver(post_save, sender=Tenant, dispatch_uid="messaging.held.after")
def _after_saving(instance: Tenant, **kwargs: Any) -> None:
    if instance.__dict__.pop("_is_resumed", False):
        route_held(instance)
