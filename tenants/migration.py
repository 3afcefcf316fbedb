"""Bringing every schema up to date without walking through those that are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from django.db import connection
from django_tenants.utils import get_public_schema_name
from psycopg import sql

from tenants.migration_workers import Outcome, migrate_beside, migrate_here
from tenants.models import Tenant
from tenants.progress import Progress
from tenants.provisioning import one_at_a_time
from tenants.schema_migration import Migrator, migrations_of_release
from tenants.template_schema import current_script

# Seconds of work here after which more processes are thought of, which take as long to start, and
# seconds of work left that make it worth while.
_ALONE = 2.0
_WORTH_PROCESSES = 5.0


class TenantsLeftBehind(Exception):
    """Some tenants could not be migrated; all others were."""

    def __init__(self, reasons: dict[str, str]) -> None:
        self.reasons = reasons
        lines = [f"  {name}: {reason}" for name, reason in sorted(reasons.items())]
        super().__init__("\n".join(["not migrated, run it again when this is mended:", *lines]))


def migrate_all(say: Callable[[str], None], *, jobs: int | None = None) -> None:
    """Migrate the public schema, the template of new tenants, then each tenant that is behind.

    What was done stays done: broken off anywhere, it goes on there when it is called again.
    Raises TenantsLeftBehind at the end.
    """
    # One for both: on an empty database their models are the same, and most of the work.
    migrator = Migrator()
    migrator.migrate(get_public_schema_name())
    with one_at_a_time():
        # Whoever is opened from now on is up to date; whoever was before is found below.
        current_script(migrator)
    behind = schemas_behind()
    progress = Progress(total=len(behind), say=say)
    reasons: dict[str, str] = {}
    for outcome in _migrate(behind, jobs=jobs, progress=progress):
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


def _migrate(
    schema_names: list[str], *, jobs: int | None, progress: Progress
) -> Iterator[Outcome | None]:
    """Migrate in so many processes; unless told how many, in this one where that is quicker."""
    if jobs is None or jobs == 1:
        for outcome in migrate_here(schema_names):
            yield outcome
            if jobs is None and progress.seconds > _ALONE and progress.left > _WORTH_PROCESSES:
                break
        schema_names = schema_names[progress.done :]
    if schema_names:
        progress.jobs = jobs or len(os.sched_getaffinity(0))
        yield from migrate_beside(schema_names, jobs=progress.jobs)


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
