"""Tenants by the thousand: one is made by the product, the others are its copies.

A copy is what a tenant of the same release looks like, rows of the public schema included; making
each by its own would take longer than measuring.
"""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import psycopg
from django.db import connection
from psycopg import sql

from config.bench.database import libpq
from config.bench.doors import APPLICATION_ID, CALLBACK, FIRST_NUMBER, schema_of, token
from config.bench.programs import postgres_program
from config.bench.run import Run
from messaging.configurations import create_configuration
from messaging.models import Extension, MessageSetting, SmsConfiguration
from tenants.context import entered
from tenants.encryption import encrypt
from tenants.memberships import add_member
from tenants.models import PhoneNumber, Tenant, Trunk
from tenants.provisioning import provision

MODEL = "benchmodel"
_AT_ONCE = 2
_FAST = 2000.0  # segments per second: the limits are on, and high


def populate(run: Run, count: int) -> None:
    """See to it that there are so many tenants, each with a number on an account of its own."""
    there = Tenant.objects.filter(slug__startswith="bench-").count()
    if there >= count:
        return
    run.say(f"making {count - there} tenants")
    model = _model()
    script = dump(run, model.schema_name)
    _public_rows(model, first=there + 1, last=count)
    # Two at once: they wait for each other only at the end, where the keys to public tables are.
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        shares = [range(there + start, count + 1, _AT_ONCE) for start in range(1, _AT_ONCE + 1)]
        list(threads.map(lambda share: _clones(run, script, model.schema_name, share), shares))
    _own_rows(first=there + 1, last=count)


def dump(run: Run, schema_name: str) -> str:
    """Return the statements that make a schema and its rows."""
    said = subprocess.run(  # noqa: S603  # PostgreSQL's own program
        [
            *[postgres_program("pg_dump"), "--schema", schema_name, "--inserts"],
            *["--no-owner", "--no-privileges", "--no-comments"],
        ],
        env={**run.env, **libpq(connection.settings_dict)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # Lines for psql alone, and comments.
    return re.sub(r"^(\\|--).*\n", "", said, flags=re.MULTILINE)


def clone(
    server: psycopg.Connection[tuple[object, ...]], script: str, source: str, name: str
) -> None:
    """Make a schema from the statements of another, all or nothing."""
    # The simple protocol takes many statements, and is one transaction.
    server.pgconn.exec_(script.replace(source, name).encode())
    if server.pgconn.error_message:
        raise RuntimeError(server.pgconn.error_message.decode(errors="replace")[:300])


def _clones(run: Run, script: str, source: str, places: range) -> None:
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as server:
        server.execute("SET synchronous_commit = off")
        for place in places:
            run.check_time()
            clone(server, script, source, schema_of(place))


def clone_rows(table: str, source: int, changed: dict[str, str], *, first: int, last: int) -> None:
    """Copy a row for each place `i`; `changed` gives columns other expressions."""
    with connection.cursor() as cursor:
        columns = [
            column.name
            for column in connection.introspection.get_table_description(cursor, table)
            if column.name != "id"
        ]
        chosen = sql.SQL(", ").join(
            sql.SQL(changed[name]) if name in changed else sql.Identifier("source", name)
            for name in columns
        )
        statement = sql.SQL(
            "INSERT INTO {table} ({columns}) SELECT {chosen} FROM {table} AS source,"
            " generate_series({first}, {last}) AS i WHERE source.id = {source}"
        ).format(
            table=sql.Identifier(table),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            chosen=chosen,
            first=sql.Literal(first),
            last=sql.Literal(last),
            source=sql.Literal(source),
        )
        cursor.execute(statement.as_string(None))


def _model() -> Tenant:
    known: Tenant | None = Tenant.objects.filter(slug=MODEL).first()
    if known is not None:
        return known
    tenant: Tenant = Tenant.objects.create(slug=MODEL, name="Model", registration_confirmed=True)
    provision(tenant.schema_name)
    tenant.refresh_from_db()
    add_member(tenant, "admin@model.bench.example", role="admin")
    trunk = Trunk.objects.create(name="Bench", provider="bandwidth", hostname="sip.bench.example")
    number = PhoneNumber.objects.create(
        number=f"+1{FIRST_NUMBER}",
        trunk=trunk,
        tenant=tenant,
        registration=PhoneNumber.Registration.REGISTERED,
        segments_per_second=_FAST,
    )
    with entered(tenant.schema_name):
        extension = Extension.objects.create(number="101", name="Desk")
        configuration = create_configuration(
            tenant,
            SmsConfiguration(
                name="Main",
                trunk=trunk,
                sender_id=number.number,
                account_id="9900001",
                application_id=APPLICATION_ID,
                auth_method=SmsConfiguration.Auth.BASIC,
                username="user",
                password=CALLBACK[1],
                segments_per_second=_FAST,
            ),
            callback_username=CALLBACK[0],
            callback_password=CALLBACK[1],
        )
        MessageSetting.objects.create(
            phone_number=number, provider=configuration, extension=extension
        )
    return tenant


def _public_rows(model: Tenant, *, first: int, last: int) -> None:
    span = {"first": first, "last": last}
    place = "lpad(i::text, 4, '0')"
    tenant = f"(SELECT id FROM tenants_tenant WHERE slug = 'bench-' || {place})"  # noqa: S608
    clone_rows(
        "tenants_tenant",
        model.pk,
        {
            "slug": f"'bench-' || {place}",
            "schema_name": f"'t_bench_' || {place}",
            "name": f"'Bench ' || {place}",
        },
        **span,
    )
    clone_rows(
        "tenants_phonenumber",
        model.phone_numbers.get().pk,
        {"number": f"'+1' || ({FIRST_NUMBER} + i)", "tenant_id": tenant},
        **span,
    )
    clone_rows(
        "tenants_webhookendpoint",
        model.webhook_endpoints.get().pk,
        {
            "token_hash": f"sha256(convert_to('bench-webhook-token-' || {place}, 'UTF8'))",
            "tenant_id": tenant,
        },
        **span,
    )


def _own_rows(*, first: int, last: int) -> None:
    tenants = {tenant.schema_name: tenant for tenant in Tenant.objects.all()}
    numbers = {row.tenant_id: row for row in PhoneNumber.objects.all()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, id FROM tenants_webhookendpoint")
        endpoints = dict(cursor.fetchall())
        for place in range(first, last + 1):
            tenant = tenants[schema_of(place)]
            number = numbers[tenant.pk]
            name = sql.Identifier(tenant.schema_name).as_string(None)
            cursor.execute(
                f"UPDATE {name}.messaging_smsconfiguration SET endpoint_id = %s,"  # noqa: S608
                " webhook_token = %s, sender_id = %s",
                [endpoints[tenant.pk], encrypt(token(place)), number.number],
            )
            cursor.execute(
                f"UPDATE {name}.messaging_messagesetting SET phone_number_id = %s",  # noqa: S608
                [number.pk],
            )
