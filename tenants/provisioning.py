"""Opening a tenant: the row at once, its schema in the background."""

from __future__ import annotations

import logging

from celery import current_app
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import quote_schema_name
from kombu.exceptions import OperationalError

from tenants.models.tenant import Tenant
from tenants.schema import tenant_connection

logger = logging.getLogger(__name__)

_ONE_AT_A_TIME = "tenants.provisioning"
PROVISION_TASK = "tenants.provision_tenant"


def open_tenant(tenant: Tenant) -> None:
    """Save a new tenant and have its schema made; its state says when it is ready."""
    tenant.save()
    transaction.on_commit(lambda: request_schema(tenant.schema_name))


def request_schema(schema_name: str) -> None:
    """Ask a worker for the schema; when the queue is down the sweep on beat asks again."""
    try:
        current_app.send_task(PROVISION_TASK, args=[schema_name], retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("schema not requested yet: %s", type(error).__name__)


def provision(schema_name: str) -> None:
    """Make and migrate the schema of a tenant that waits for it.

    Safe to repeat and to run twice at once: an advisory lock lets one in, and migrations go on
    where a killed worker left them.
    """
    was_in_transaction = connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [schema_name])
        if not cursor.fetchone()[0]:
            return
        # One schema at a time: two would meet at the public tables that theirs refer to, and
        # PostgreSQL would end one of them (deadlock).
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [_ONE_AT_A_TIME])
    try:
        tenant = Tenant.objects.exclude(state=Tenant.State.READY).filter(schema_name=schema_name)
        if not tenant.exists():
            return
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_schema_name(schema_name)}")
            call_command(
                "migrate_schemas",
                tenant=True,
                schema_name=schema_name,
                interactive=False,
                verbosity=0,
            )
        except DatabaseError:
            logger.exception("schema of a tenant could not be made")
            if connection.in_atomic_block and not was_in_transaction:
                _leave_transaction()
            tenant.update(state=Tenant.State.FAILED)
            raise
        tenant.update(state=Tenant.State.READY)
    finally:
        tenant_connection.set_schema_to_public()
        with connection.cursor() as cursor:
            for lock in (_ONE_AT_A_TIME, schema_name):
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [lock])


def _leave_transaction() -> None:
    # A migration whose last statements fail leaves Django inside its transaction, where every
    # later task of this thread would fail. A new connection starts outside.
    connection.in_atomic_block = False
    connection.close()
