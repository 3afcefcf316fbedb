"""A new tenant's schema is made in the background, once, and can be made again."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction

from messaging.models import Extension
from tenants import provisioning, tasks
from tenants.context import TenantUnavailable, entered
from tenants.models import Tenant
from tenants.schema_migration import leave_transaction


@pytest.fixture
def initech(db: None) -> Tenant:
    tenant = Tenant(name="Initech", slug="initech")
    provisioning.open_tenant(tenant)
    return tenant


def test_a_new_tenant_is_closed_until_its_schema_is_there(initech: Tenant, root: Any) -> None:
    assert initech.state == "provisioning"
    with pytest.raises(TenantUnavailable), entered(initech.schema_name):
        pass
    tasks.provision_tenant(initech.schema_name)
    with entered(initech.schema_name):
        assert not Extension.objects.exists()


def test_its_schema_is_asked_for_after_the_commit(
    db: None, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(provisioning, "request_schema", asked.append)
    with django_capture_on_commit_callbacks(execute=True):
        provisioning.open_tenant(Tenant(name="Initech", slug="initech"))
        assert asked == []
    assert asked == ["t_initech"]


def test_making_it_twice_changes_nothing(initech: Tenant) -> None:
    for _ in range(2):
        tasks.provision_tenant(initech.schema_name)
    initech.refresh_from_db()
    assert initech.state == "ready"


def test_half_a_schema_is_completed(initech: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA t_initech")
    tasks.provision_tenant(initech.schema_name)
    with entered(initech.schema_name):
        assert not Extension.objects.exists()


def test_the_queue_being_down_leaves_it_to_the_sweep(initech: Tenant, monkeypatch: Any) -> None:
    def down(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("no such socket")

    with monkeypatch.context() as patched:
        patched.setattr("tenants.provisioning.current_app.send_task", down)
        provisioning.request_schema(initech.schema_name)
    Tenant.objects.filter(pk=initech.pk).update(created_at="2020-01-01T00:00:00Z")
    asked: list[str] = []
    monkeypatch.setattr(provisioning, "request_schema", asked.append)
    tasks.sweep_provisioning()
    assert asked == ["t_initech"]


def test_an_unknown_schema_is_not_made(db: None) -> None:
    tasks.provision_tenant("t_nobody")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 't_nobody'")
        assert cursor.fetchone() == (0,)


def test_one_schema_is_made_at_a_time(initech: Tenant, monkeypatch: Any) -> None:
    held: list[int] = []

    def make(*args: Any, **kwargs: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted"
            )
            held.append(cursor.fetchone()[0])

    monkeypatch.setattr(provisioning, "make_schema", make)
    tasks.provision_tenant(initech.schema_name)
    assert held == [2], "the tenant's own lock and the one of all"


def test_a_migration_that_broke_off_leaves_the_worker_usable(db: None) -> None:
    found: list[bool] = []

    def work() -> None:  # a thread has a connection of its own, as in a worker
        transaction.atomic().__enter__()
        leave_transaction()
        try:
            found.append(Tenant.objects.exists() and not connection.in_atomic_block)
        finally:
            connection.close()

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert found == [True]
