"""Tenants: making one, migrating 200, and what a thousand cost a web process."""

from __future__ import annotations

import io
import itertools
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

import psycopg
import requests
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config.bench import inbox_rows, posts
from config.bench.accept import empty_inbox
from config.bench.doors import Door, door, schema_of
from config.bench.figures import Figure, Goal, Judged
from config.bench.population import MODEL, clone, clone_rows, dump, populate
from config.bench.run import NotMeasured, Run
from config.bench.servers import PYTHON, web
from config.local import REPOSITORY
from tenants.context import entered
from tenants.migration import schemas_behind
from tenants.models import ApiKey, Membership, Tenant
from tenants.provisioning import provision
from tenants.schema import tenant_connection

_FEW = 10
_CALLS = 300  # for the few tenants: enough for each thread to have done all once
_THREADS = 8
_BY_DJANGO = 2  # schemas; how long 200 would take follows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Migrated:
    """Seconds for all schemas, by our command and by django-tenants' own, from a part of them."""

    ours: float
    by_django: float


def measure(run: Run) -> list[Figure]:
    """Make tenants one by one, migrate many, then serve few and many."""
    many, behind = run.sized(1000, 40), run.sized(200, 10)
    populate(run, many + 1)
    script = dump(run, Tenant.objects.get(slug=MODEL).schema_name)
    created, copied = run.interleaved([lambda _: _create(run), lambda _: _copy(script)])
    undo = _undoing_last_migration(run)
    (migrated,) = run.interleaved([lambda _: _migrate(run, undo, behind)])
    _admit_everywhere(many)
    (memory,) = run.interleaved([lambda _: _serve(run, many)])
    return [
        Figure(
            key="tenant_create_s",
            title="A tenant made, slowest of 3",
            unit="s",
            goal=Goal(at_most=2),
            values=tuple(created),
            yardstick=tuple(copied),
            yardstick_title="bare statements",
        ),
        Figure(
            key="migrate_200_s",
            title=f"{behind} tenants brought up to date",
            unit="s",
            values=tuple(one.ours for one in migrated),
            yardstick=tuple(one.by_django for one in migrated),
            yardstick_title="migrate_schemas",
        ),
        Figure(
            key="tenants_memory_ratio",
            title=f"Web process that served {many} tenants",
            unit="MB",
            judged=Judged.RATIO,
            goal=Goal(at_most=1.2),
            values=tuple(after for _, after in memory),
            yardstick=tuple(before for before, _ in memory),
            yardstick_title=f"{_FEW} tenants",
        ),
    ]


def _create(run: Run) -> float:
    seconds = []
    for _ in range(3):
        began = time.monotonic()
        tenant = Tenant.objects.create(slug=f"new-{uuid4().hex[:12]}", name="New")
        provision(tenant.schema_name)
        tenant.refresh_from_db()
        if not tenant.is_open:
            raise NotMeasured("a new tenant is not open")
        seconds.append(time.monotonic() - began)
    run.say(f"created in {statistics.median(seconds):.2f} s")
    return max(seconds)


def _copy(script: str) -> float:
    """Take the time of nothing but the statements that make a schema."""
    model = Tenant.objects.get(slug=MODEL).schema_name
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as server:
        began = time.monotonic()
        clone(server, script, model, f"bench_copy_{uuid4().hex[:12]}")
        return time.monotonic() - began


def _migrate(run: Run, undo: str, count: int) -> _Migrated:
    """Take so many tenants back by one migration; have some brought forward by Django, then all."""
    for place in range(1, count + 1):
        with entered(schema_of(place)), connection.cursor() as cursor:
            cursor.execute(undo)
    began = time.monotonic()
    for place in range(1, _BY_DJANGO + 1):
        call_command(
            "migrate_schemas",
            tenant=True,
            schema_name=schema_of(place),
            interactive=False,
            verbosity=0,
        )
    tenant_connection.set_schema_to_public()
    by_django = (time.monotonic() - began) / _BY_DJANGO * count
    left = count - _BY_DJANGO
    if len(schemas_behind()) != left:
        raise NotMeasured(f"{len(schemas_behind())} tenants are behind, not {left}")
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603  # our own program
        [PYTHON, "manage.py", "migrate_tenants"],
        env=dict(run.env),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    taken = time.monotonic() - began
    if done.returncode or schemas_behind():
        raise NotMeasured(f"migrate_tenants: {done.stderr.strip()[-300:]}")
    run.say(f"{left} tenants migrated in {taken:.1f} s")
    return _Migrated(ours=taken / left * count, by_django=by_django)


def _undoing_last_migration(run: Run) -> str:
    """Return the statements that take a tenant's schema back by one migration."""
    (leaf,) = MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes("messaging")
    said = io.StringIO()
    with entered(schema_of(1)):  # elsewhere django-tenants' router leaves these tables out
        call_command("sqlmigrate", *leaf, backwards=True, stdout=said, no_color=True)
    lines = said.getvalue()
    if "CANNOT BE WRITTEN AS SQL" in lines:
        raise NotMeasured(f"{leaf[1]} cannot be undone by statements alone")
    run.say(f"undoing {leaf[1]}")
    app, name = leaf
    return f"{lines}\nDELETE FROM django_migrations WHERE app = '{app}' AND name = '{name}';"


def _admit_everywhere(many: int) -> None:
    """Make the model's admin an admin of all tenants."""
    membership = Membership.objects.get(tenant__slug=MODEL)
    if membership.user.memberships.count() > 1:
        return
    tenant = "(SELECT id FROM tenants_tenant WHERE slug = 'bench-' || lpad(i::text, 4, '0'))"
    clone_rows("tenants_membership", membership.pk, {"tenant_id": tenant}, first=1, last=many)


def _serve(run: Run, many: int) -> tuple[float, float]:
    """Return the web process's memory after few tenants' requests, and after many's."""
    user = Membership.objects.get(tenant__slug=MODEL).user
    _, secret = ApiKey.issue(user)
    with web(run, "web") as server, ThreadPoolExecutor(_THREADS) as threads:
        sessions = [requests.Session() for _ in range(_THREADS)]
        for session in sessions:
            session.headers["Authorization"] = f"Bearer {secret}"

        def visit(work: tuple[requests.Session, Door]) -> None:
            session, place = work
            address = f"http://127.0.0.1:{server.port}/t/{place.slug}/api/v1/conversations/"
            answer = session.get(address, timeout=30)
            if answer.status_code != 200:
                raise NotMeasured(f"the API answered {answer.status_code}: {answer.text[:200]}")
            inbox_rows.post(server, place, message_id=f"{posts.prefix()}visit", customer="0001")

        # A session is one thread's at a time only by chance; requests does not mind.
        shared = itertools.cycle(sessions)
        few = (door(1 + call % _FEW) for call in range(run.sized(_CALLS, 40)))
        list(threads.map(visit, zip(shared, few, strict=False)))
        before = server.largest_mb
        all_of_them = (door(place) for place in range(1, many + 1))
        list(threads.map(visit, zip(shared, all_of_them, strict=False)))
        after = server.largest_mb
    empty_inbox()
    run.say(f"{_FEW} tenants {before:.0f} MB, {many} tenants {after:.0f} MB")
    return before, after
