"""What a tenant has in the public schema: which tables, and how their rows come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

from django.db import connection
from django_tenants.utils import quote_schema_name

from config.backup.errors import BackupError
from tenants.deletion import columns_naming_people
from tenants.models import Tenant

_CHUNK = 1 << 16


class Way(Enum):
    """How rows of a backup meet those that are there."""

    ADD = auto()  # what is missing is added, what is there stays
    RENEW = auto()  # what is there becomes as it was, for others refer to it
    REPLACE = auto()  # all that is there goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows of one table; of `incoming` and `have` a clash tells those that cannot come back."""

    table: str
    mine: str
    way: Way
    clash: str = ""
    trouble: str = ""
    only: str = ""  # which of them come back


_OF_TENANT = "tenant_id = {tenant}"
_OF_PEOPLE = "user_id = ANY('{{{people}}}')"
# Who has an account still keeps its password, address and second factor of today.
_OF_NEW_PEOPLE = "user_id IN (SELECT id FROM new_people)"

PARTS = (
    Part(
        table="tenants_user",
        mine="id = ANY('{{{people}}}')",
        way=Way.ADD,
        clash="SELECT email FROM incoming JOIN public.tenants_user have USING (email)"
        " WHERE have.id <> incoming.id UNION SELECT incoming.email FROM incoming"
        " JOIN public.tenants_user have USING (id) WHERE have.email <> incoming.email",
        trouble="These people have another account here than in the backup",
    ),
    Part(table="account_emailaddress", mine=_OF_PEOPLE, way=Way.ADD, only=_OF_NEW_PEOPLE),
    Part(table="mfa_authenticator", mine=_OF_PEOPLE, way=Way.ADD, only=_OF_NEW_PEOPLE),
    Part(
        table="tenants_tenant",
        mine="id = {tenant}",
        way=Way.RENEW,
        clash="SELECT slug FROM incoming JOIN public.tenants_tenant have USING (slug)"
        " WHERE have.id <> incoming.id OR have.is_active UNION SELECT have.slug FROM incoming"
        " JOIN public.tenants_tenant have USING (id) WHERE have.slug <> incoming.slug",
        trouble="This tenant is open (suspend it first), or another one has its place by now",
    ),
    Part(table="tenants_domain", mine=_OF_TENANT, way=Way.REPLACE),
    Part(
        table="tenants_trunk",
        mine=_OF_TENANT,
        way=Way.RENEW,
        clash="SELECT incoming.name FROM incoming JOIN public.tenants_trunk have USING (id)"
        " WHERE have.tenant_id IS DISTINCT FROM incoming.tenant_id",
        trouble="These trunks are somebody else's by now",
    ),
    Part(
        table="tenants_phonenumber",
        mine=_OF_TENANT,
        way=Way.RENEW,
        clash="SELECT number FROM incoming JOIN public.tenants_phonenumber have USING (number)"
        " WHERE have.id <> incoming.id OR have.tenant_id <> incoming.tenant_id"
        " UNION SELECT incoming.number FROM incoming WHERE NOT EXISTS"
        " (SELECT FROM public.tenants_trunk WHERE id = incoming.trunk_id)",
        trouble="These numbers belong to another tenant by now, or their trunk is gone",
    ),
    Part(table="tenants_webhookendpoint", mine=_OF_TENANT, way=Way.RENEW),
    Part(table="tenants_membership", mine=_OF_TENANT, way=Way.REPLACE),
    Part(table="tenants_invitation", mine=_OF_TENANT, way=Way.REPLACE),
    Part(table="tenants_apikey", mine=_OF_TENANT, way=Way.REPLACE),
    Part(table="tenants_usageday", mine=_OF_TENANT, way=Way.REPLACE),
    Part(table="tenants_accessentry", mine=_OF_TENANT, way=Way.ADD),
    Part(table="providers_webhookevent", mine=_OF_TENANT, way=Way.ADD),
)


def people_of(tenant: Tenant) -> list[int]:
    """Return the keys of everybody whom the tenant's rows name, members and others."""
    schema = quote_schema_name(tenant.schema_name)
    named = [
        f"SELECT {column} FROM {schema}.{table}"  # noqa: S608  # our own tables
        for table, column in columns_naming_people()
    ]
    own = [
        f"SELECT {column} FROM public.{table} WHERE tenant_id = {int(tenant.pk)}"  # noqa: S608
        for table, column in (
            ("tenants_membership", "user_id"),
            ("tenants_apikey", "user_id"),
            ("tenants_accessentry", "user_id"),
            ("tenants_invitation", "invited_by_id"),
        )
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ".join([*named, *own]))
        return sorted(key for (key,) in cursor.fetchall() if key is not None)


def write(part: Part, tenant: Tenant, people: Sequence[int], path: Path) -> None:
    """Write the tenant's rows of one table to a CSV file, as they are."""
    mine = part.mine.format(tenant=int(tenant.pk), people=",".join(map(str, people)))
    rows = f"SELECT * FROM public.{part.table} WHERE {mine} ORDER BY id"  # noqa: S608
    with (
        path.open("wb") as file,
        _cursor() as cursor,
        cursor.copy(f"COPY ({rows}) TO STDOUT (FORMAT csv, HEADER)") as copied,
    ):
        for data in copied:
            file.write(data)


def read(part: Part, tenant: int, path: Path) -> None:
    """Bring the rows of one table back, within a transaction of the caller's.

    Raises BackupError.
    """
    with path.open("rb") as file, _cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS incoming")
        cursor.execute(f"CREATE TEMP TABLE incoming (LIKE public.{part.table}) ON COMMIT DROP")
        with cursor.copy("COPY incoming FROM STDIN (FORMAT csv, HEADER MATCH)") as copied:
            while data := file.read(_CHUNK):
                copied.write(data)
        if part.clash:
            cursor.execute(part.clash)
            if clashes := [str(told) for (told,) in cursor.fetchmany(10)]:
                raise BackupError(f"{part.trouble}: {', '.join(clashes)}.")
        _bring_back(cursor, part, tenant)


def _bring_back(cursor: Any, part: Part, tenant: int) -> None:
    table = f"public.{part.table}"
    if part.table == "tenants_user":
        cursor.execute(
            "CREATE TEMP TABLE new_people ON COMMIT DROP AS SELECT id FROM incoming"
            " WHERE NOT EXISTS (SELECT FROM public.tenants_user have WHERE have.id = incoming.id)"
        )
    if part.way is Way.REPLACE:
        cursor.execute(f"DELETE FROM {table} WHERE tenant_id = {int(tenant)}")  # noqa: S608
    conflict = "DO NOTHING"
    if part.way is Way.RENEW:
        cursor.execute("SELECT * FROM incoming LIMIT 0")
        names = [f'"{column.name}"' for column in cursor.description]
        values = ", ".join(f"EXCLUDED.{name}" for name in names)
        conflict = f"(id) DO UPDATE SET ({', '.join(names)}) = ROW ({values})"
    only = f" WHERE {part.only}" if part.only else ""
    cursor.execute(f"INSERT INTO {table} SELECT * FROM incoming{only} ON CONFLICT {conflict}")  # noqa: S608
    # On a platform that never had it the keys are ahead of the counters.
    cursor.execute(
        f"SELECT setval(counter, greatest((SELECT max(id) FROM {table}), nextval(counter)))"  # noqa: S608
        f" FROM pg_get_serial_sequence('{table}', 'id') AS counter"
        f" WHERE EXISTS (SELECT FROM {table})"
    )


def _cursor() -> Any:
    connection.ensure_connection()
    return connection.connection.cursor()
