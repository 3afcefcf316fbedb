"""Bringing every schema up to date without walking through those that are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from django.core.management import call_command
from django.db import connection
from psycopg import sql

from tenants.migration_workers import Outcome, migrate_beside, migrate_here
from tenants.models import Tenant
from tenants.progress import Progress
from tenants.provisioning import one_at_a_time
from tenants.schema_migration import migrations_of_release
from tenants.template_schema import current_script

# A process of its own takes as long to start as it takes to migrate so many.
_WORTH_A_PROCESS = 20


class TenantsLeftBehind(Exception):
    """Some tenants could not be migrated; all others were."""

    def __init__(self, reasons: dict[str, str]) -> None:
        self.reasons = reasons
        lines = [f"  {name}: {reason}" for name, reason in sorted(reasons.items())]
        super().__init__("\n".join(["not migrated, run it again when this is mended:", *lines]))


def migrate_all(say: Callable[[str], None], *, jobs: int | None = None) -> None:
    """Migrate the public schema, the template of new tenants, then each tenant that is behind.

    What was done stays done: broken off anywhere, it goes on there when it is called again.
    Raises TenantsLeftBehind.
    """
    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    with one_at_a_time():
        # Whoever is opened from now on is up to date; whoever was before is found below.
        current_script()
    behind = schemas_behind()
    reasons: dict[str, str] = {}
    jobs = min(jobs or len(os.sched_getaffinity(0)), len(behind) // _WORTH_A_PROCESS)
    progress = Progress(total=len(behind), jobs=max(1, jobs), say=say)
    for outcome in _migrate(behind, jobs=jobs):
        if outcome is None:
            progress.tick()
            continue
        progress.advance()
        if outcome.reason:
            reasons[outcome.schema_name] = outcome.reason
    if reasons:
        raise TenantsLeftBehind(reasons)


def schemas_behind() -> list[str]:
    """Name the ready tenants' schemas that lack a migration of this release."""
    ready = Tenant.objects.filter(state=Tenant.State.READY).order_by("pk")
    names: list[str] = list(ready.values_list("schema_name", flat=True))
    expected = migrations_of_release()
    behind: list[str] = []
    for start in range(0, len(names), 200):
        batch = names[start : start + 200]
        applied = _applied(batch)
        behind += [name for name in batch if not expected <= applied[name]]
    return behind


def _migrate(schema_names: list[str], *, jobs: int) -> Iterable[Outcome | None]:
    if jobs > 1:
        return migrate_beside(schema_names, jobs=jobs)
    return migrate_here(schema_names)


def _applied(schema_names: list[str]) -> dict[str, set[tuple[str, str]]]:
    applied: dict[str, set[tuple[str, str]]] = {name: set() for name in schema_names}
    with connection.cursor() as cursor:
        # A schema that somebody removed, or emptied, is one that is behind.
        cursor.execute(
            "SELECT nspname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
            " WHERE relname = 'django_migrations' AND nspname = ANY(%s)",
            [schema_names],
        )
        listed = [name for (name,) in cursor.fetchall()]
        if not listed:
            return applied
        cursor.execute(_union(listed).as_string(None))
        for schema_name, app, name in cursor.fetchall():
            applied[schema_name].add((app, name))
    return applied


def _union(schema_names: list[str]) -> sql.Composed:
    part = "SELECT {label}, app, name FROM {table}"
    return sql.SQL(" UNION ALL ").join(
        sql.SQL(part).format(
            label=sql.Literal(name), table=sql.Identifier(name, "django_migrations")
        )
        for name in schema_names
    )
