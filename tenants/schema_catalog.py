"""What a schema is, line by line, so that two can be compared."""

from __future__ import annotations

from django.db import connection
from django_tenants.utils import schema_context

# With the schema first on the search path its own names are bare, and others' are not. A list of
# texts in an index's condition loses its casts: PostgreSQL moves them when it reads its own words.
_STRUCTURE = """
WITH schema AS (SELECT to_regnamespace(quote_ident(%(schema)s)) AS oid),
class AS (SELECT pg_class.* FROM pg_class JOIN schema ON relnamespace = schema.oid)
SELECT concat_ws(' ', 'relation', relkind, relname, relpersistence, relrowsecurity, relreplident,
    reloptions::text, relacl::text, obj_description(class.oid, 'pg_class'),
    (SELECT reloptions::text FROM pg_class toast WHERE toast.oid = class.reltoastrelid))
FROM class
UNION ALL
SELECT concat_ws(' ', 'column', relname,
    row_number() OVER (PARTITION BY attrelid ORDER BY attnum), attname,
    format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'NOT NULL' END,
    nullif(attcollation, 0)::regcollation, attstorage, attcompression, attidentity, attgenerated,
    attoptions::text, pg_get_expr(adbin, adrelid), col_description(attrelid, attnum))
FROM pg_attribute JOIN class ON class.oid = attrelid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped AND relkind = 'r'
UNION ALL
SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, contype, convalidated,
    pg_get_constraintdef(pg_constraint.oid), conindid::regclass,
    obj_description(pg_constraint.oid, 'pg_constraint'))
FROM pg_constraint JOIN schema ON connamespace = schema.oid
UNION ALL
SELECT concat_ws(' ', 'index', regexp_replace(
        pg_get_indexdef(indexrelid, 0, true), '::(character varying|text(\\[\\])?)', '', 'g'),
    indisunique, indisprimary, indisexclusion, indimmediate, indisvalid, indisclustered,
    indisreplident, obj_description(indexrelid, 'pg_class'))
FROM pg_index JOIN class ON class.oid = indexrelid
UNION ALL
SELECT concat_ws(' ', 'trigger', tgenabled, pg_get_triggerdef(pg_trigger.oid, true))
FROM pg_trigger JOIN class ON class.oid = tgrelid WHERE NOT tgisinternal
UNION ALL
SELECT concat_ws(' ', 'function', pg_proc.oid::regprocedure, regexp_replace(
    pg_get_functiondef(pg_proc.oid), '^(CREATE OR REPLACE [A-Z]+ )("[^"]+"|[^.]+)\\.', '\\1'),
    proacl::text, obj_description(pg_proc.oid, 'pg_proc'))
FROM pg_proc JOIN schema ON pronamespace = schema.oid WHERE prokind IN ('f', 'p')
UNION ALL
SELECT concat_ws(' ', 'sequence', sequencename, data_type, start_value, min_value, max_value,
    increment_by, cycle, cache_size, last_value)
FROM pg_sequences WHERE schemaname = %(schema)s
UNION ALL
SELECT concat_ws(' ', 'sequence of', objid::regclass, refobjid::regclass, refobjsubid, deptype)
FROM pg_depend JOIN class ON class.oid = objid
WHERE relkind = 'S' AND classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass
UNION ALL
SELECT concat_ws(' ', 'type', typtype, typname)
FROM pg_type JOIN schema ON typnamespace = schema.oid WHERE typtype <> 'b'
UNION ALL
SELECT concat_ws(' ', 'rule or policy', name) FROM (
    SELECT pg_get_ruledef(pg_rewrite.oid) FROM pg_rewrite JOIN class ON class.oid = ev_class
    UNION ALL SELECT polname FROM pg_policy JOIN class ON class.oid = polrelid
) AS other (name)
UNION ALL
SELECT concat_ws(' ', 'statistics', pg_get_statisticsobjdef_columns(pg_statistic_ext.oid))
FROM pg_statistic_ext JOIN schema ON stxnamespace = schema.oid
"""

_TABLES = """
SELECT relname, quote_ident(relname) FROM pg_class
WHERE relnamespace = to_regnamespace(quote_ident(%(schema)s)) AND relkind = 'r'
ORDER BY 1
"""


def describe(schema_name: str) -> list[str]:
    """Return all that a schema holds, its own name nowhere in it: equal lists, equal schemas."""
    with schema_context(schema_name), connection.cursor() as cursor:
        cursor.execute(_STRUCTURE, {"schema": schema_name})
        lines = [line for (line,) in cursor.fetchall()]
        cursor.execute(_TABLES, {"schema": schema_name})
        tables = cursor.fetchall()
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{name}', to_jsonb({quoted}) FROM {quoted}"  # noqa: S608
                for name, quoted in tables
            )
        )
        lines += [f"row {name} {row}" for name, row in cursor.fetchall()]
    return sorted(lines)
