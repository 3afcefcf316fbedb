"""The schema that new tenants are copied from: what the migrations make, and nobody's.

How it is copied is written on it, as its comment: finding that out takes PostgreSQL longer the
more tenants there are.
"""

from __future__ import annotations

import hashlib
import logging

from django.db import connection, transaction

from tenants.schema_catalog import describe
from tenants.schema_copy import copy_script, make_schema
from tenants.schema_migration import Migrator, Names, applied_in, migrations_of_release

logger = logging.getLogger(__name__)

# No slug leads here: tenants' schemas begin with t_, see tenants.models.tenant.
TEMPLATE = "tenant_template"
_TRIAL = "tenant_template_trial"
_NONE = "migrations make what this says in another way"


class _Undo(Exception):
    """Takes back the trial."""


def current_script(migrator: Migrator | None = None) -> str:
    """Return the statements that make a tenant's schema of this release.

    Migrates the template first if it is behind, or missing; for callers that hold the lock of
    tenants.provisioning. Returns nothing where a copy would not be exact.
    """
    script = _written_script()
    if script is None:
        script = _write_script(migrator or Migrator())
    return "" if script == _NONE else script


def _write_script(migrator: Migrator) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {TEMPLATE}")
    migrator.migrate(TEMPLATE)
    script = copy_script(TEMPLATE)
    if not _is_exact(script):
        logger.error("a copy of the template differs from it: tenants are made by migrations")
        script = _NONE
    with connection.cursor() as cursor:
        comment = f"{_mark(applied_in(TEMPLATE))}\n{script}"
        cursor.execute(f"COMMENT ON SCHEMA {TEMPLATE} IS %s", [comment])
    return script


def _written_script() -> str | None:
    """Return what is written on the template, unless that is of other migrations than it has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(to_regnamespace(%s), 'pg_namespace')", [TEMPLATE])
        [(comment,)] = cursor.fetchall()
    mark, _, script = (comment or "").partition("\n")
    if not mark:
        return None
    applied = applied_in(TEMPLATE)
    return script if mark == _mark(applied) and migrations_of_release() <= applied else None


def _mark(applied: Names) -> str:
    return "-- " + hashlib.sha256(repr(sorted(applied)).encode()).hexdigest()


def _is_exact(script: str) -> bool:
    """Try it: another version of PostgreSQL may describe, or copy, something in another way."""
    try:
        with transaction.atomic():
            make_schema(_TRIAL, script)
            is_exact = describe(_TRIAL) == describe(TEMPLATE)
            raise _Undo
    except _Undo:
        return is_exact
