"""Tenants that are behind are migrated, each by itself, and what was done stays done."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from tenants.migration import TenantsLeftBehind, migrate_all, schemas_behind
from tenants.models import Tenant
from tests.config.watching import eventually, processes_of

# Changes nothing in the database, and nothing comes after it in its app.
LAST = ("admin", "0003_logentry_add_action_flag_choices")


def set_back(cursor: Any, schema_name: str) -> None:
    query = f"DELETE FROM {schema_name}.django_migrations WHERE (app, name) = (%s, %s)"  # noqa: S608
    cursor.execute(query, LAST)


@pytest.fixture(autouse=True)
def no_public_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.migration.call_command", lambda *args, **options: None)


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
    """The tests' database beside any transaction; both tenants are left up to date."""
    there = connection.settings_dict
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password"}
    names |= {"HOST": "host", "PORT": "port"}
    parts = {name: there[key] for key, name in names.items() if there[key]}
    with psycopg.connect(**parts, autocommit=True) as database:
        yield database
        for schema_name in ("t_acme", "t_globex"):
            set_back(database, schema_name)
            table = f"{schema_name}.django_migrations (app, name, applied)"
            database.execute(f"INSERT INTO {table} VALUES (%s, %s, now())", LAST)  # noqa: S608


def waits(database: psycopg.Connection[Any]) -> int | None:
    found = database.execute(
        "SELECT pid FROM pg_locks WHERE relation = 't_globex.django_migrations'::regclass"
        " AND NOT granted"
    ).fetchone()
    return found and found[0]


def has_last(database: psycopg.Connection[Any], schema_name: str) -> bool:
    found = database.execute(
        f"SELECT FROM {schema_name}.django_migrations WHERE (app, name) = (%s, %s)", LAST
    )
    return found.fetchone() is not None


def test_a_killed_run_leaves_no_process_and_is_gone_on_with(
    database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    info = database.info
    url = f"postgres://{info.user}:{info.password}@/{info.dbname}"
    env = {**os.environ, "RUN": str(tmp_path)}
    env |= {"DATABASE_URL": f"{url}?host={quote(info.host)}&port={info.port}"}
    command = [sys.executable, "manage.py", "migrate_tenants", "--jobs", "2"]
    for schema_name in ("t_acme", "t_globex"):
        set_back(database, schema_name)

    with psycopg.connect(info.dsn, password=info.password) as in_the_way:
        in_the_way.execute("LOCK TABLE t_globex.django_migrations IN SHARE MODE")
        with subprocess.Popen(command, cwd=settings.BASE_DIR, env=env) as run:
            assert eventually(lambda: has_last(database, "t_acme") and waits(database), seconds=60)
            run.kill()
        database.execute("SELECT pg_terminate_backend(%s)", [waits(database)])
        assert eventually(lambda: not processes_of(tmp_path))
    assert not has_last(database, "t_globex")

    assert subprocess.run(command, cwd=settings.BASE_DIR, env=env, check=False).returncode == 0
    assert has_last(database, "t_globex")
