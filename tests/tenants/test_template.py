"""A tenant that is copied from the template is what the migrations would have made."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg.pq import TransactionStatus

from tenants import provisioning, template_schema
from tenants.models import Tenant
from tenants.models.tenant import SLUG_PATTERN, schema_name_for
from tenants.schema_catalog import describe
from tenants.schema_copy import make_schema
from tenants.schema_migration import applied_in
from tenants.template_schema import TEMPLATE, current_script

# Changes nothing in the database, and nothing comes after it in its app.
LAST = ("admin", "0003_logentry_add_action_flag_choices")
UNAPPLY = "DELETE FROM {}.django_migrations WHERE app = 'admin' AND name LIKE '0003%'"


@pytest.fixture
def by_django(db: None) -> Iterator[str]:
    """A schema that Django's own command migrated from nothing."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA by_django")
    call_command("migrate_schemas", tenant=True, schema_name="by_django", verbosity=0)
    return "by_django"


def described(schema_name: str) -> list[str]:
    return [re.sub(r'"applied": "[^"]+"', "", line) for line in describe(schema_name)]


def test_a_copy_is_what_djangos_own_migrations_make(by_django: str) -> None:
    make_schema("by_template", current_script())
    assert described("by_template") == described(by_django)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE messaging_contact ALTER COLUMN name SET DEFAULT 'x'",
        "ALTER TABLE messaging_contact ALTER COLUMN name DROP NOT NULL",
        "CREATE INDEX extra ON messaging_contact (name) WHERE name <> ''",
        "ALTER TABLE messaging_consententry DISABLE TRIGGER messaging_consententry_stays",
        "COMMENT ON COLUMN messaging_contact.name IS 'x'",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())",
        "CREATE TYPE mood AS ENUM ('good')",
    ],
    ids=["default", "null", "index", "trigger", "comment", "row", "type"],
)
def test_a_difference_shows(acme: Tenant, change: str) -> None:
    before = describe(acme.schema_name)
    assert describe(acme.schema_name) == before
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL search_path = {acme.schema_name}; {change}")
    assert describe(acme.schema_name) != before


def test_the_template_is_nobodys() -> None:
    assert not re.match(schema_name_for(SLUG_PATTERN), TEMPLATE)


def test_a_template_of_other_migrations_is_not_copied(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(UNAPPLY.format(TEMPLATE))
    assert template_schema._written_script() is None
    assert current_script()
    assert LAST in applied_in(TEMPLATE)


def test_what_cannot_be_copied_is_left_to_the_migrations(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON SCHEMA {TEMPLATE} IS NULL")
        cursor.execute(f"CREATE VIEW {TEMPLATE}.not_copied AS SELECT 1 AS one")
    assert current_script() == ""


def test_what_migrations_began_they_end(db: None) -> None:
    tenant = Tenant(name="Initech", slug="initech")
    tenant.save()
    make_schema(tenant.schema_name, current_script())
    with connection.cursor() as cursor:
        cursor.execute(UNAPPLY.format(tenant.schema_name))
    provisioning.provision(tenant.schema_name)
    tenant.refresh_from_db()
    assert tenant.is_open
    assert LAST in applied_in(tenant.schema_name)


def test_a_copy_waits_for_those_who_write_where_its_keys_refer_to(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = current_script()
    there = connection.get_connection_params()
    parts = {
        name: there[name]
        for name in ("dbname", "user", "password", "host", "port")
        if name in there
    }
    with psycopg.connect(**parts) as somebody:
        somebody.execute("LOCK TABLE public.tenants_trunk IN ROW EXCLUSIVE MODE")
        monkeypatch.setattr("tenants.schema_copy.time.sleep", lambda _: somebody.rollback())
        make_schema("by_template", script)
        assert somebody.info.transaction_status == TransactionStatus.IDLE, "it was in the way"
    assert applied_in("by_template") == applied_in(TEMPLATE)
