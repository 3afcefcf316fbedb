"""Copying a schema's structure and rows, statement by statement, as PostgreSQL itself tells them.

With a schema first on the search path PostgreSQL writes the names in it bare; run with another
schema first, the same statements make the same things there.
"""

from __future__ import annotations

import time
from typing import Any

from django.db import OperationalError, connection, transaction
from django_tenants.utils import quote_schema_name, schema_context
from psycopg.errors import DeadlockDetected, LockNotAvailable

_PATIENCE = "200ms"  # less than PostgreSQL's deadlock_timeout: we give way, nobody is ended
_PAUSE = 0.2
_TRIES = 50
_AFTER_ROWS = 4  # what of the structure comes before the rows, and what after

# Where one's rows refer to. Foreign keys lock both ends, and these have others waiting for them.
_REFERRED = """
SELECT DISTINCT format('%%I.%%I', namespace.nspname, referred.relname)
FROM pg_constraint
JOIN pg_class referred ON referred.oid = confrelid
JOIN pg_namespace namespace ON namespace.oid = referred.relnamespace
WHERE connamespace = to_regnamespace(quote_ident(%(source)s))
    AND contype = 'f' AND referred.relnamespace <> connamespace
ORDER BY 1
"""

# LIKE takes no foreign keys, triggers and table options along, gives indexes other names,
# and has identities count in bigint.
_STRUCTURE = r"""
WITH source AS (SELECT to_regnamespace(quote_ident(%(source)s)) AS oid),
tables AS (
    SELECT pg_class.* FROM pg_class JOIN source ON relnamespace = source.oid WHERE relkind = 'r'
)
SELECT place, name, statement FROM (
    SELECT 1, proname::text, regexp_replace(
        pg_get_functiondef(pg_proc.oid),
        '^(CREATE OR REPLACE [A-Z]+ )("[^"]+"|[^.]+)\.', '\1'
    ) AS statement
    FROM pg_proc JOIN source ON pronamespace = source.oid
    UNION ALL
    SELECT 2, relname, format(
        'CREATE TABLE %%1$I (LIKE %%2$I.%%1$I INCLUDING ALL EXCLUDING INDEXES)%%3$s',
        relname, %(source)s::text, ' WITH (' || array_to_string(reloptions, ', ') || ')'
    ) FROM tables
    UNION ALL
    SELECT 3, relname, format('COMMENT ON TABLE %%I IS %%L', relname, description)
    FROM tables JOIN pg_description
        ON objoid = tables.oid AND classoid = 'pg_class'::regclass AND objsubid = 0
    UNION ALL
    SELECT 3, sequencename, format('ALTER SEQUENCE %%I AS %%s', sequencename, data_type)
    FROM pg_sequences WHERE schemaname = %(source)s AND data_type <> 'bigint'::regtype
    UNION ALL
    SELECT 5, relname, format('ALTER TABLE %%I %%s', relname, string_agg(
        format('ADD CONSTRAINT %%I %%s', conname, pg_get_constraintdef(pg_constraint.oid)),
        ', ' ORDER BY conname
    )) FROM pg_constraint JOIN tables ON tables.oid = conrelid
    WHERE contype IN ('p', 'u', 'x') GROUP BY relname
    UNION ALL
    SELECT 6, class.relname, pg_get_indexdef(class.oid, 0, true)
    FROM pg_index
    JOIN tables ON tables.oid = indrelid
    JOIN pg_class class ON class.oid = indexrelid
    WHERE NOT EXISTS (
        SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x')
    )
    UNION ALL
    SELECT 7, relname, format('ALTER TABLE %%I %%s', relname, string_agg(
        format('ADD CONSTRAINT %%I %%s', conname, pg_get_constraintdef(pg_constraint.oid)),
        ', ' ORDER BY conname
    )) FROM pg_constraint JOIN tables ON tables.oid = conrelid
    WHERE contype = 'f' GROUP BY relname
    UNION ALL
    SELECT 8, tgname, pg_get_triggerdef(pg_trigger.oid, true)
    FROM pg_trigger JOIN tables ON tables.oid = tgrelid WHERE NOT tgisinternal
    UNION ALL
    SELECT 9, sequencename, format('SELECT setval(%%L, %%s)', quote_ident(sequencename), last_value)
    FROM pg_sequences WHERE schemaname = %(source)s AND last_value IS NOT NULL
) AS statements (place, name, statement)
ORDER BY place, name
"""

_COLUMNS = """
SELECT quote_ident(relname), string_agg(quote_ident(attname), ', ' ORDER BY attnum)
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = to_regnamespace(quote_ident(%(source)s)) AND relkind = 'r'
    AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
GROUP BY relname ORDER BY relname
"""


def copy_script(source: str) -> str:
    """Write down the statements that make a copy of a schema, rows and all.

    They begin with the locks they need elsewhere: whoever is in the way costs a try, not half a
    copy. The rows stay where they are; the copy takes those of its own time.
    """
    with schema_context(source), connection.cursor() as cursor:
        cursor.execute(_REFERRED, {"source": source})
        referred = [name for (name,) in cursor.fetchall()]
        cursor.execute(_STRUCTURE, {"source": source})
        structure = [(place, statement) for place, _, statement in cursor.fetchall()]
        rows = _rows(cursor, source)
    locks = [f"LOCK TABLE {', '.join(referred)} IN SHARE ROW EXCLUSIVE MODE"] if referred else []
    before = [statement for place, statement in structure if place < _AFTER_ROWS]
    after = [statement for place, statement in structure if place > _AFTER_ROWS]
    return ";\n".join([*locks, *before, *rows, *after])


def make_schema(schema_name: str, script: str) -> None:
    """Make a schema by a script, in one transaction; it may be there, empty.

    Raises OperationalError when others kept tables busy that the script needs.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            with transaction.atomic():
                _run(schema_name, script)
            return
        except OperationalError as error:
            busy = isinstance(error.__cause__, LockNotAvailable | DeadlockDetected)
            if not busy or not tries_left:
                raise
        time.sleep(_PAUSE)  # lets those pass that queued behind us


def _rows(cursor: Any, source: str) -> list[str]:
    cursor.execute(_COLUMNS, {"source": source})
    tables = cursor.fetchall()
    # One question instead of a statement for each table: nearly all are empty.
    cursor.execute(
        " UNION ALL ".join(
            f"(SELECT {place} FROM {name} LIMIT 1)"  # noqa: S608  # quoted by PostgreSQL
            for place, (name, _) in enumerate(tables)
        )
    )
    return [
        f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE"  # noqa: S608
        f" SELECT {columns} FROM {quote_schema_name(source)}.{name}"
        for name, columns in (tables[place] for (place,) in cursor.fetchall())
    ]


def _run(schema_name: str, script: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_schema_name(schema_name)}")
        cursor.execute("SELECT current_setting('lock_timeout')")
        [(patience,)] = cursor.fetchall()
    with schema_context(schema_name), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
        cursor.execute(script)
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [patience])
