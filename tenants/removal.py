"""Removing a tenant for good: its schema, what it has in the public schema, and its people.

Everything here may be repeated: a removal that was interrupted goes on where it was. Files and
webhook events are others' to remove, see messaging.retention.whole_tenant.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from auditlog.context import disable_auditlog
from auditlog.models import LogEntry
from celery import current_app
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Model, ProtectedError, QuerySet
from django_tenants.utils import quote_schema_name
from kombu.exceptions import OperationalError as QueueError
from psycopg.errors import DeadlockDetected, LockNotAvailable

from tenants import audit
from tenants.deletion import check_references, named_people
from tenants.models import (
    AccessEntry,
    ApiKey,
    Domain,
    Invitation,
    Membership,
    PhoneNumber,
    RoutingStamp,
    Tenant,
    Trunk,
    UsageDay,
    User,
    WebhookEndpoint,
)

logger = logging.getLogger(__name__)

REMOVE_TASK = "messaging.remove_tenant"
# What stands in the access log for it.
REMOVED = "remove"

_MOST = 1000
# Dropping tables locks those that they refer to, which all tenants need: we give way to everybody.
_PATIENCE = "200ms"
_PAUSE = 0.2
_TRIES = 50


class StillOpen(Exception):
    """Only a suspended tenant is removed; the message says so."""


def begin_removal(tenant: Tenant, *, by: User, ip: str | None) -> None:
    """Have a suspended tenant removed for good, and leave a trail that outlives it.

    Runs in the public schema. Raises StillOpen.
    """
    with transaction.atomic():
        suspended = Tenant.objects.filter(pk=tenant.pk, is_active=False)
        if not suspended.exclude(state=Tenant.State.REMOVING).update(state=Tenant.State.REMOVING):
            raise StillOpen("Suspend this tenant first: only what nobody uses can be removed.")
        AccessEntry.objects.create(
            user_id=by.pk, tenant=None, action=REMOVED, path=f"/t/{tenant.slug}/", ip=ip
        )
        gone: audit.Changes = {"name": (tenant.name, None), "slug": (tenant.slug, None)}
        audit.note(tenant, audit.Action.REMOVED, changes=gone)
        transaction.on_commit(lambda: request_removal(tenant.schema_name))


def request_removal(schema_name: str) -> None:
    """Ask a worker for it; when the queue is down the sweep on beat asks again."""
    try:
        current_app.send_task(REMOVE_TASK, args=[schema_name], retry=False)
    except (QueueError, OSError) as error:
        logger.warning("removal not requested yet: %s", type(error).__name__)


def drop_schema(schema_name: str) -> None:
    """Drop the tenant's schema, if it is there, as soon as nobody is busy with it.

    Raises OperationalError when somebody was all the time.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('lock_timeout')")
                [(patience,)] = cursor.fetchall()
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
                cursor.execute(f"DROP SCHEMA IF EXISTS {quote_schema_name(schema_name)} CASCADE")
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [patience])
            return
        except OperationalError as error:
            busy = isinstance(error.__cause__, LockNotAvailable | DeadlockDetected)
            if not busy or not tries_left:
                raise
        time.sleep(_PAUSE)  # lets those pass that queued behind us


def doors_of(tenant: Tenant) -> list[int]:
    """Return the keys of the doors that carriers come in by."""
    return list(WebhookEndpoint.objects.filter(tenant=tenant).values_list("pk", flat=True))


def shut_doors(tenant: Tenant) -> None:
    """Let no carrier in any more."""
    with disable_auditlog():
        WebhookEndpoint.objects.filter(tenant=tenant).delete()


def remove_rows(tenant: Tenant) -> None:
    """Remove what the tenant has in the public schema, itself last; its schema is gone by now."""
    for model in (ApiKey, Invitation, Membership, UsageDay, Domain, RoutingStamp):
        _remove(model._default_manager.filter(tenant=tenant))
    # Numbers of the platform's trunks go back into the free pool, its own go with its trunks.
    given = PhoneNumber.objects.filter(tenant=tenant).exclude(trunk__tenant=tenant)
    with audit.because(f"the tenant {tenant.slug} was removed"):
        audit.change(given.select_related("tenant"), tenant=None, is_main=False)
    _remove(PhoneNumber.objects.filter(tenant=tenant))
    _remove(Trunk.objects.filter(tenant=tenant))
    _remove(AccessEntry.objects.filter(tenant=tenant))
    Tenant.objects.filter(pk=tenant.pk)._raw_delete("default")


def _remove(rows: QuerySet[Any]) -> None:
    """Remove rows that nothing refers to any more, and what the platform's trail says of them."""
    while True:
        with transaction.atomic():
            keys = list(rows.order_by("pk").values_list("pk", flat=True)[:_MOST])
            if not keys:
                return
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL trunkline.allow_access_removal = 'on'")
            _forget_trail(rows.model, keys)
            chosen = rows.model._base_manager.filter(pk__in=keys)
            chosen._raw_delete(chosen.db)
            check_references()


def remove_people(tenant: Tenant) -> None:
    """Remove the accounts of people who were in this tenant only.

    Whom something else still names is switched off. May run twice at once, but under no lock of
    the session: it changes connections.
    """
    elsewhere = Membership.objects.exclude(tenant=tenant).values("user")
    here = User.objects.filter(memberships__tenant=tenant, is_system_admin=False)
    here = here.exclude(pk__in=elsewhere)
    keys = list(here.order_by("pk").values_list("pk", flat=True))
    if not keys:
        return
    # First, so that nothing new of theirs appears behind the look at the other tenants.
    User.objects.filter(pk__in=keys).update(is_active=False)
    named = named_people(keys)
    for key in keys:
        if key not in named:
            with disable_auditlog():
                _remove_person(key, tenant)


def _remove_person(key: int, tenant: Tenant) -> None:
    try:
        with transaction.atomic():
            # Locked: whoever makes a member of them waits, and finds nobody.
            user = User.objects.select_for_update().filter(pk=key).first()
            if user is None or user.memberships.exclude(tenant=tenant).exists():
                return
            for model in (Membership, ApiKey):
                own = model._default_manager.filter(user=user)
                _forget_trail(model, list(own.values_list("pk", flat=True)))
            _forget_trail(User, [key])
            LogEntry.objects.filter(actor=user).update(actor_email=None)
            user.delete()
            check_references()
    except (IntegrityError, ProtectedError):
        logger.info("an account of a removed tenant is left, switched off")


def _forget_trail(model: type[Model], keys: list[int]) -> None:
    kind = ContentType.objects.get_for_model(model)
    LogEntry.objects.filter(content_type=kind, object_id__in=keys)._raw_delete("default")
