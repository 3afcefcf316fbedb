"""Storing plain texts of some tenants at one go, without a look at what is there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from django.db import connection
from django.utils import timezone
from django_tenants.utils import quote_schema_name

from messaging.inbound.storing import Line, Text, filled

# What asks for nothing is stored without a look at anything: planning a look costs more than to
# store some texts. A thread that is not as expected is left out, with its texts.
_PUT = """
WITH text AS (
    SELECT * FROM json_to_recordset(%(texts)s::json) AS text(
        id uuid, ours text, sender text, text text, segments int, encoding text,
        configuration bigint, key text, at timestamptz, event bigint, email text
    )
), {line_before} placed AS (
    INSERT INTO {schema}.messaging_conversation AS thread ({conversation})
    SELECT {conversation_values} FROM {line_here} ORDER BY line.n
    ON CONFLICT ON CONSTRAINT one_conversation_per_parties DO UPDATE
    SET last_text = excluded.last_text,
        last_at = excluded.last_at,
        last_status = 'received',
        last_direction = 'in',
        last_inbound_at = GREATEST(thread.last_inbound_at, excluded.last_at)
    WHERE thread.extension_id IS NOT DISTINCT FROM excluded.extension_id
        AND thread.ring_group_id IS NULL
        AND thread.shared_with = '{{}}'
        AND thread.done_at IS NULL
        AND thread.last_at < {first}
    RETURNING id AS thread, our_number AS ours, participants_key AS others
), stored AS (
    INSERT INTO {schema}.messaging_message ({message})
    SELECT {message_values}
    FROM text JOIN placed ON placed.ours = text.ours AND placed.others = text.sender
    ON CONFLICT DO NOTHING
    RETURNING id
), told AS (
    INSERT INTO {schema}.messaging_messageevent ({message_event})
    SELECT {message_event_values} FROM text JOIN stored ON stored.id = text.id
) {mailed}
SELECT
    (SELECT count(*) FROM stored),
    (SELECT json_agg(json_build_array(ours, others, thread)) FROM placed)::text,
    {mails}
"""
_LINE = """json_to_recordset(%(lines)s::json) AS line(
    n int, ours text, others text, extension bigint, text text, at timestamptz, first timestamptz
)"""
_MAILED = """, mailed AS (
    INSERT INTO {schema}.messaging_maildelivery ({mail_delivery})
    SELECT {mail_delivery_values} FROM text JOIN stored ON stored.id = text.id
    WHERE text.email <> ''
    RETURNING id
)"""
_LINE_BEFORE = f"line AS (SELECT * FROM {_LINE}),"  # noqa: S608  # our own words
_MAILS = "(SELECT json_agg(id ORDER BY id) FROM mailed)::text"
_FIRST = """(
    SELECT first FROM line
    WHERE line.ours = excluded.our_number AND line.others = excluded.participants_key
)"""

_keys = msgspec.json.Decoder(list[int])
_placed = msgspec.json.Decoder(list[tuple[str, str, int]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """How many texts were stored, which threads they are in by their parties, and the mails."""

    texts: int
    threads: Mapping[tuple[str, str], int]
    mails: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Texts of one tenant, and their threads."""

    schema_name: str
    texts: Sequence[Text]
    lines: Sequence[Line]


def put(lots: Sequence[Lot]) -> list[Put]:
    """Store the texts whose threads are new or plainly go on, at one go; needs a savepoint.

    The others are left out. A text less than its threads take was here already: then all must be
    undone.
    """
    now, stored = timezone.now(), []
    with connection.cursor() as cursor:
        statements = [
            cursor.mogrify(_put_statement(_shape(lot)), _values(lot, now)) for lot in lots
        ]
        cursor.execute("; ".join(statements))
        for _ in lots:
            stored.append(_stored(cursor.fetchone()))
            cursor.nextset()
    return stored


def _values(lot: Lot, now: datetime) -> dict[str, Any]:
    return {
        "texts": msgspec.json.encode(lot.texts).decode(),
        "lines": msgspec.json.encode(lot.lines).decode(),
        "now": now,
    }


def _stored(row: Any) -> Put:
    count, threads, mails = row
    return Put(
        texts=count,
        threads={(ours, others): key for ours, others, key in _placed.decode(threads or "[]")},
        mails=_keys.decode(mails or "[]"),
    )


class _Shape(NamedTuple):
    """What a statement to put texts in depends on."""

    schema_name: str
    has_mails: bool
    has_spans: bool  # of several texts in a thread


def _shape(lot: Lot) -> _Shape:
    return _Shape(
        lot.schema_name,
        any(text.email for text in lot.texts),
        any(line.first != line.at for line in lot.lines),
    )


@lru_cache(maxsize=4000)
def _put_statement(shape: _Shape) -> str:
    parts = {
        "mailed": _MAILED if shape.has_mails else "",
        "mails": _MAILS if shape.has_mails else "NULL",
        "line_before": _LINE_BEFORE if shape.has_spans else "",
        "line_here": "line" if shape.has_spans else _LINE,
        "first": _FIRST if shape.has_spans else "excluded.last_at",
    }
    # Twice: what is put in has places of its own.
    statement = _PUT
    for name, part in parts.items():
        statement = statement.replace("{" + name + "}", part)
    return filled(statement, quote_schema_name(shape.schema_name))
