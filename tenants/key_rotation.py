"""Encrypting what is stored anew, so that an old key can be thrown away.

Portals may run meanwhile: each value is changed only while it is what was read. What was done
stays done; called again it goes on with the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, models
from psycopg import sql

from tenants.encryption import (
    SEALED,
    EncryptedTextField,
    NotDecryptable,
    SealedLaterField,
    encrypt,
    is_current,
    is_sealed,
    renewed,
)

MOST_NAMED = 20
BATCH = 500
# A row that somebody saves at this very moment is read once more, or a few times.
_TRIES = 3
# Encrypted by tenants.accounts, in the middle of what django-allauth keeps as JSON.
_JSON_COLUMNS = (("mfa", "Authenticator", "data"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One encrypted column of one schema's table."""

    schema: str
    table: str
    name: str
    key: str
    key_type: str
    is_json: bool
    may_be_plain: bool = False

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}.{self.name}"


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the values of some columns; rows are named where they need a person."""

    renewed: int = 0
    current: int = 0
    waiting: int = 0  # not by the first key: found by a run that only looks, or changed under us
    lost: int = 0  # no key fits
    lost_rows: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add another's figures."""
        self.renewed += other.renewed
        self.current += other.current
        self.waiting += other.waiting
        self.lost += other.lost
        self.lost_rows += other.lost_rows[: MOST_NAMED - len(self.lost_rows)]

    @property
    def is_done(self) -> bool:
        """Whether the first key decrypts everything."""
        return not self.waiting and not self.lost


def rotate(*, only_look: bool = False, say: Callable[[str], None] = lambda line: None) -> Tally:
    """Encrypt everything with the first key, in every schema there is, a batch at a time.

    `say` gets a line for each column in which there was something to do.
    """
    total = Tally()
    for column in _columns():
        tally = _rotate(column, only_look=only_look)
        if tally.renewed or not tally.is_done:
            say(f"{column}: {told(tally)}")
        total.add(tally)
    return total


def told(tally: Tally) -> str:
    """Write the figures as a line."""
    parts = [
        f"{tally.renewed} encrypted anew",
        f"{tally.current} were already",
        f"{tally.waiting} left" if tally.waiting else "",
        f"{tally.lost} cannot be decrypted" if tally.lost else "",
    ]
    return ", ".join(filter(None, parts))


def _columns() -> Iterator[Column]:
    """Find the encrypted columns, and every schema that has them: suspended tenants' too."""
    wanted = [
        (model, each.column, False, isinstance(each, SealedLaterField))
        for model in apps.get_models()
        for each in model._meta.local_concrete_fields
        if isinstance(each, EncryptedTextField)
    ]
    wanted += [
        (apps.get_model(app, name), column, True, False) for app, name, column in _JSON_COLUMNS
    ]
    for model, name, is_json, may_be_plain in wanted:
        table, key = model._meta.db_table, model._meta.pk
        for schema in _schemas_with(table):
            yield Column(
                schema=schema,
                table=table,
                name=str(name),
                key=str(key.column),
                key_type=_type_of(key),
                is_json=is_json,
                may_be_plain=may_be_plain,
            )


def _type_of(key: models.Field[Any, Any]) -> str:
    return str(key.rel_db_type(connection))


def _schemas_with(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
            " WHERE relname = %s AND relkind = 'r' ORDER BY nspname",
            [table],
        )
        return [name for (name,) in cursor.fetchall()]


def _rotate(column: Column, *, only_look: bool) -> Tally:
    tally = Tally()
    batch = _read(column)
    while batch:
        _rotate_batch(column, batch, tally, only_look=only_look)
        # Most tenants have an account or two: one question is all they cost.
        batch = _read(column, after=batch[-1][0]) if len(batch) == BATCH else []
    return tally


def _rotate_batch(
    column: Column, batch: Sequence[tuple[Any, str]], tally: Tally, *, only_look: bool
) -> None:
    for _ in range(_TRIES):
        changes = _judge(column, batch, tally)
        if only_look:
            tally.waiting += len(changes)
            return
        done = _write(column, changes)
        tally.renewed += len(done)
        missed = [key for key, *_ in changes if key not in done]
        if not missed:
            return
        batch = _read(column, keys=missed)
    tally.waiting += len(batch)


def _judge(
    column: Column, batch: Sequence[tuple[Any, str]], tally: Tally
) -> list[tuple[Any, str, str]]:
    """Return the key, the old and the new value of what the first key does not decrypt."""
    changes = []
    for key, old in batch:
        try:
            new = _renewed(column, old)
        except NotDecryptable:
            tally.lost += 1
            if len(tally.lost_rows) < MOST_NAMED:
                tally.lost_rows.append(f"{column} of row {key}")
            continue
        if new == old:
            tally.current += 1
        else:
            changes.append((key, old, new))
    return changes


def _renewed(column: Column, old: str) -> str:
    if column.is_json:
        return _renewed_json(old)
    if column.may_be_plain and not is_sealed(old):
        return encrypt(old)
    return _renewed_text(old)


def _renewed_text(old: str) -> str:
    return old if is_current(old) else renewed(old)


def _renewed_json(old: str) -> str:
    values = json.loads(old)
    new = _walk(values)
    return old if new == values else json.dumps(new)


def _walk(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(SEALED):
        return _renewed_text(value)
    if isinstance(value, dict):
        return {name: _walk(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_walk(inner) for inner in value]
    return value


def _read(
    column: Column, *, after: Any = None, keys: Sequence[Any] | None = None
) -> list[tuple[Any, str]]:
    """Read what is not empty: the next batch, or these rows again."""
    names = _names(column)
    statement = sql.SQL("SELECT {key}, {value}::text FROM {table} WHERE {value}::text <> {empty}")
    parts, values = [statement.format(**names)], list[Any]()
    if column.is_json:
        parts.append(sql.SQL("AND {value}::text LIKE %s").format(**names))
        values.append(f"%{SEALED}%")
    if after is not None:
        parts.append(sql.SQL("AND {key} > %s").format(**names))
        values.append(after)
    if keys is not None:
        parts.append(sql.SQL("AND {key} = ANY(%s::{type}[])").format(**names))
        values.append(list(keys))
    parts.append(sql.SQL("ORDER BY {key} LIMIT %s").format(**names))
    values.append(BATCH)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" ").join(parts).as_string(None), values)
        return list(cursor.fetchall())


def _write(column: Column, changes: Sequence[tuple[Any, str, str]]) -> set[Any]:
    """Change what is still what was read, by one statement; return the keys of those rows."""
    if not changes:
        return set()
    statement = sql.SQL(
        "UPDATE {table} AS stored SET {value} = new.after::{kind} FROM"
        " unnest(%s::{type}[], %s::text[], %s::text[]) AS new(key, before, after)"
        " WHERE stored.{key} = new.key AND stored.{value}::text = new.before"
        " RETURNING stored.{key}"
    ).format(**_names(column))
    keys, before, after = (list(part) for part in zip(*changes, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(None), [keys, before, after])
        return {key for (key,) in cursor.fetchall()}


def _names(column: Column) -> dict[str, sql.Composable]:
    return {
        "table": sql.Identifier(column.schema, column.table),
        "key": sql.Identifier(column.key),
        "value": sql.Identifier(column.name),
        "type": sql.SQL(column.key_type),  # Django's own word
        "kind": sql.SQL("jsonb" if column.is_json else "text"),
        "empty": sql.Literal(""),
    }
