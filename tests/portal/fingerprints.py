"""What a schema holds, in one number a table: equal before and after means that nothing changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection
from psycopg import sql

# One row for each table: what it is called, and a digest of all its rows in any order.
_TABLE = """
    SELECT {name} AS name, count(*) AS rows, md5(string_agg(h, '' ORDER BY h)) AS digest
    FROM (SELECT md5(t::text) AS h FROM {table} AS t) AS hashed
"""
# What asking leaves behind by itself, whoever asks: sessions, and when a key was used last.
_TRACES = frozenset({"django_session", "usersessions_usersession", "celery_taskmeta"})


def fingerprint(schemas: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Digest every table of the schemas."""
    found: dict[str, tuple[int, str]] = {}
    with connection.cursor() as cursor:
        for schema in schemas:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
            tables = [table for (table,) in cursor.fetchall() if table not in _TRACES]
            parts = [
                sql.SQL(_TABLE).format(
                    name=sql.Literal(f"{schema}.{table}"), table=sql.Identifier(schema, table)
                )
                for table in tables
            ]
            cursor.execute(sql.SQL(" UNION ALL ").join(parts).as_string(None))
            found |= {name: (rows, digest) for name, rows, digest in cursor.fetchall()}
    return found


@contextmanager
def unchanged(*schemas: str, but: Iterable[str] = ()) -> Iterator[None]:
    """Fail unless every table is after the block what it was before it, those in `but` left out."""
    before = fingerprint(schemas)
    yield
    after = fingerprint(schemas)
    left_out = set(but)
    changed = {name for name in before | after if before.get(name) != after.get(name)} - left_out
    assert sorted(changed) == []
