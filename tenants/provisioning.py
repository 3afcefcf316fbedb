"""Opening a tenant: the row at once, its schema in the background."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from celery import current_app
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import quote_schema_name
from kombu.exceptions import OperationalError

from tenants.models.tenant import Tenant
from tenants.schema_copy import make_schema
from tenants.schema_migration import Migrator
from tenants.template_schema import current_script

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
    """Make the schema of a tenant that waits for it.

    Safe to repeat and to run twice at once: an advisory lock lets one in, a copy is whole or not
    there, and what was begun by migrations goes on where it ended.
    """
    with one_of(schema_name) as is_ours:
        unfinished = (Tenant.State.PROVISIONING, Tenant.State.FAILED)
        tenant = Tenant.objects.filter(state__in=unfinished, schema_name=schema_name)
        if not is_ours or not tenant.exists():
            return
        try:
            with one_at_a_time():
                _make(schema_name)
                tenant.update(state=Tenant.State.READY)
        except DatabaseError:
            logger.exception("schema of a tenant could not be made")
            tenant.update(state=Tenant.State.FAILED)
            raise


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until nobody else makes a schema, or changes the template that they are copied from.

    Two that are made at once would also meet at the public tables that theirs refer to.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [_ONE_AT_A_TIME])
    try:
        yield
    finally:
        _unlock(_ONE_AT_A_TIME)


def _make(schema_name: str) -> None:
    script = current_script() if _is_empty(schema_name) else ""
    if script:
        make_schema(schema_name, script)
        return
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_schema_name(schema_name)}")
    Migrator().migrate(schema_name)


def _is_empty(schema_name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_class"
            " WHERE relnamespace = to_regnamespace(quote_ident(%s)))",
            [schema_name],
        )
        [(has_relations,)] = cursor.fetchall()
        return not has_relations


@contextmanager
def one_of(name: str) -> Iterator[bool]:
    """Tell whether nobody else makes or removes this schema, and keep it so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [name])
        [(is_ours,)] = cursor.fetchall()
    try:
        yield is_ours
    finally:
        if is_ours:
            _unlock(name)


def _unlock(name: str) -> None:
    # A transaction that broke keeps its locks until it is over: it is the caller's to end it.
    if not connection.needs_rollback:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [name])
