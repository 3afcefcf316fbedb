"""Tenants that are behind are migrated, each by itself, and what was done stays done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import pytest_django
from django.conf import settings
from django.db import connection
from psycopg.pq import TransactionStatus

from tenants.migration import TenantsLeftBehind, migrate_all, schemas_behind
from tenants.migration_workers import migrate_here
from tenants.models import Tenant
from tenants.schema_migration import applied_in
from tests.config.watching import eventually, processes_of

# Changes nothing in the database, and nothing comes after it in its app.
LAST = ("admin", "0003_logentry_add_action_flag_choices")


def set_back(cursor: Any, schema_name: str) -> None:
    query = f"DELETE FROM {schema_name}.django_migrations WHERE (app, name) = (%s, %s)"  # noqa: S608
    cursor.execute(query, LAST)


def test_only_who_is_behind_is_migrated(acme: Tenant, globex: Tenant) -> None:
    said: list[str] = []
    migrate_all(said.append)
    assert said == []
    with connection.cursor() as cursor:
        set_back(cursor, globex.schema_name)
    assert schemas_behind() == [globex.schema_name]
    migrate_all(said.append)
    assert (said, schemas_behind()) == (["migrating tenant 1 of 1"], [])


def test_one_that_fails_is_named_and_keeps_nobody_back(acme: Tenant, globex: Tenant) -> None:
    gone = Tenant(name="Gone", slug="gone", state=Tenant.State.READY)
    gone.save()
    with connection.cursor() as cursor:
        set_back(cursor, globex.schema_name)
    with pytest.raises(TenantsLeftBehind, match=r"t_gone: the schema does not exist"):
        migrate_all(lambda line: None)
    assert schemas_behind() == ["t_gone"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'messaging_message'")
        assert cursor.fetchone() == (3,), "two tenants' and the template's, none in public"


@pytest.fixture
def database(django_db_setup: None) -> Iterator[psycopg.Connection[Any]]:
    """The tests' database beside any transaction; Globex is left up to date."""
    there = connection.settings_dict
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password"}
    names |= {"HOST": "host", "PORT": "port"}
    parts = {name: there[key] for key, name in names.items() if there[key]}
    with psycopg.connect(**parts, autocommit=True) as database:
        yield database
        set_back(database, "t_globex")
        table = "t_globex.django_migrations (app, name, applied)"
        database.execute(f"INSERT INTO {table} VALUES (%s, %s, now())", LAST)  # noqa: S608


def waits(database: psycopg.Connection[Any]) -> int | None:
    found = database.execute(
        "SELECT pid FROM pg_locks WHERE relation = 't_globex.django_migrations'::regclass"
        " AND NOT granted"
    ).fetchone()
    return found and found[0]


def has_last(database: psycopg.Connection[Any]) -> bool:
    query = "SELECT FROM t_globex.django_migrations WHERE (app, name) = (%s, %s)"
    return database.execute(query, LAST).fetchone() is not None


@contextmanager
def in_the_way(database: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """Keep migrations of Globex from being written down, until rolled back."""
    info = database.info
    with psycopg.connect(info.dsn, password=info.password) as somebody:
        somebody.execute("LOCK TABLE t_globex.django_migrations IN SHARE MODE")
        yield somebody


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """See to it that the process ends with the block, whatever fails in it."""
    try:
        yield
    finally:
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_a_run_that_is_ended_leaves_no_process_and_is_gone_on_with(
    database: psycopg.Connection[Any],
    tmp_path: Path,
    django_db_blocker: pytest_django.DjangoDbBlocker,
    number: signal.Signals,
) -> None:
    info = database.info
    url = f"postgres://{info.user}:{info.password}@/{info.dbname}"
    env = {**os.environ, "RUN": str(tmp_path)}
    env |= {"DATABASE_URL": f"{url}?host={quote(info.host)}&port={info.port}"}
    # One tenant, so one process beside: each costs a second.
    command = [sys.executable, "manage.py", "migrate_tenants", "--jobs", "2"]
    # A shell's background jobs, and all they start, are deaf to Ctrl-C.
    hearing = ["env", "--default-signal=INT"]
    set_back(database, "t_globex")

    with (
        in_the_way(database),
        subprocess.Popen(
            [*hearing, *command], cwd=settings.BASE_DIR, env=env, stdout=DEVNULL, stderr=DEVNULL
        ) as run,
        ended(run),
    ):
        assert eventually(lambda: waits(database) is not None, seconds=60)
        assert len(processes_of(tmp_path)) == 2
        run.send_signal(number)
        assert eventually(lambda: run.poll() is not None, seconds=30)
        if (pid := waits(database)) is not None:  # PostgreSQL has not missed its client yet
            database.execute("SELECT pg_terminate_backend(%s)", [pid])
        assert eventually(lambda: not processes_of(tmp_path))
        assert eventually(lambda: waits(database) is None)
    assert not has_last(database)

    with django_db_blocker.unblock():
        assert [outcome.reason for outcome in migrate_here(["t_globex"])] == [""]
        connection.close()
    assert has_last(database)


def test_one_that_meets_somebodys_lock_is_tried_again(
    database: psycopg.Connection[Any], db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_back(database, "t_globex")
    with in_the_way(database) as somebody:
        monkeypatch.setattr("tenants.migration_workers.time.sleep", lambda _: somebody.rollback())
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
        assert [outcome.reason for outcome in migrate_here(["t_globex"])] == [""]
        assert somebody.info.transaction_status == TransactionStatus.IDLE, "it was in the way"
    assert LAST in applied_in("t_globex")
