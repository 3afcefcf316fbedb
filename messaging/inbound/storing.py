"""Storing many inbound texts of one tenant in one statement, with all that hangs on them.

The statement lists the columns that the models have no database default for. What each of them
says must be what messaging.inbound.receive writes of a single text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.utils import timezone
from django_tenants.utils import quote_schema_name

CONVERSATION: Mapping[str, str] = {
    "our_number": "line.ours",
    "participants_key": "line.others",
    "extension_id": "line.extension",
    "shared_with": "'{}'::bigint[]",
    "last_text": "line.text",
    "last_at": "line.at",
    "last_inbound_at": "line.at",
    "last_status": "'received'",
    "last_direction": "'in'",
    "created_at": "%(now)s",
}
MESSAGE: Mapping[str, str] = {
    "id": "text.id",
    "conversation_id": "placed.thread",
    "direction": "'in'",
    "kind": "'sms'",
    "status": "'received'",
    "sender": "text.sender",
    "text": "text.text",
    "segment_count": "text.segments",
    "encoding": "text.encoding",
    "consent_keyword": "''",
    "configuration_id": "text.configuration",
    "origin": "'person'",
    "routes_tried": "0",
    "provider_message_id": "text.key",
    "failure_reason": "''",
    "error_code": "''",
    "error_text": "''",
    "attempts": "0",
    "created_at": "text.at",
    "lookups": "0",
}
MESSAGE_EVENT: Mapping[str, str] = {
    "message_id": "text.id",
    "at": "text.at",
    "status": "'received'",
    "recipient": "''",
    "error_code": "''",
    "detail": "''",
    "webhook_event_id": "text.event",
}
MAIL_DELIVERY: Mapping[str, str] = {
    "message_id": "text.id",
    "address": "text.email",
    "state": "'pending'",
    "attempts": "0",
    "next_attempt_at": "%(now)s",
    "error": "''",
}
HANDLING_EVENT: Mapping[str, str] = {
    "conversation_id": "done.id",
    "at": "%(now)s",
    "kind": "'reopened'",
}

_STORE = """
WITH text AS (
    SELECT * FROM json_to_recordset(%(texts)s::json) AS text(
        n int, line int, id uuid, sender text, text text, segments int, encoding text,
        configuration bigint, key text, at timestamptz, event bigint, email text
    )
), line AS (
    SELECT * FROM json_to_recordset(%(lines)s::json) AS line(
        n int, thread bigint, ours text, others text, extension bigint,
        text text, at timestamptz
    )
), opened AS (
    INSERT INTO {schema}.messaging_conversation ({conversation})
    SELECT {conversation_values} FROM line WHERE line.thread IS NULL
    ORDER BY line.n
    ON CONFLICT (our_number, participants_key) DO NOTHING
    RETURNING id, our_number, participants_key
), placed AS (
    SELECT line.n, COALESCE(line.thread, opened.id) AS thread
    FROM line
    LEFT JOIN opened ON opened.our_number = line.ours AND opened.participants_key = line.others
), stored AS (
    INSERT INTO {schema}.messaging_message ({message})
    SELECT {message_values}
    FROM text JOIN placed ON placed.n = text.line AND placed.thread IS NOT NULL
    ORDER BY text.n
    ON CONFLICT DO NOTHING
    RETURNING id
), told AS (
    INSERT INTO {schema}.messaging_messageevent ({message_event})
    SELECT {message_event_values} FROM text ORDER BY text.n
), mailed AS (
    INSERT INTO {schema}.messaging_maildelivery ({mail_delivery})
    SELECT {mail_delivery_values} FROM text WHERE text.email <> '' ORDER BY text.n
    RETURNING id
), reopened AS (
    INSERT INTO {schema}.messaging_handlingevent ({handling_event})
    SELECT {handling_event_values}
    FROM line
    JOIN {schema}.messaging_conversation done ON done.id = line.thread
    WHERE done.done_at IS NOT NULL
), shown AS (
    UPDATE {schema}.messaging_conversation thread
    SET last_text = CASE WHEN is_last THEN line.text ELSE thread.last_text END,
        last_at = CASE WHEN is_last THEN line.at ELSE thread.last_at END,
        last_status = CASE WHEN is_last THEN 'received' ELSE thread.last_status END,
        last_direction = CASE WHEN is_last THEN 'in' ELSE thread.last_direction END,
        last_inbound_at = GREATEST(thread.last_inbound_at, line.at),
        done_at = NULL  -- whoever is done with it this moment has not read the text
    FROM line
    WHERE thread.id = line.thread
)
SELECT
    (SELECT count(*) FROM stored),
    (SELECT json_agg(thread ORDER BY n) FROM placed)::text,
    (SELECT json_agg(id ORDER BY id) FROM mailed)::text
""".replace("is_last", "thread.last_at <= line.at OR thread.last_status = ''")

_NOTE_ACCOUNT = """
UPDATE {schema}.messaging_smsconfiguration SET last_inbound_at = %(at)s
WHERE id = %(key)s AND (last_inbound_at IS NULL OR last_inbound_at < %(at)s)
"""

_keys = msgspec.json.Decoder(list[int])


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """One text as it is to be stored; `line` is the place of its thread in the list of lines."""

    n: int
    line: int
    id: UUID
    ours: str
    sender: str
    text: str
    segments: int
    encoding: str
    configuration: int | None
    key: str
    at: datetime
    event: int
    email: str


class Line(msgspec.Struct, kw_only=True):
    """A thread with its newest text of the batch; without `thread` it is made."""

    n: int
    thread: int | None
    ours: str
    others: str
    extension: int | None
    text: str
    at: datetime  # of that text
    first: datetime  # of the oldest


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What came of it: the lines' threads in their order, and the mails to be sent."""

    threads: Sequence[int]
    mails: Sequence[int]


class NotAllStored(Exception):
    """Somebody stored the same thread or text at this moment: all must be undone."""


def store(schema_name: str, texts: Sequence[Text], lines: Sequence[Line]) -> Stored:
    """Store texts, threads, timelines and mails; needs a savepoint.

    Raises NotAllStored.
    """
    values: dict[str, Any] = {
        "texts": msgspec.json.encode(texts).decode(),
        "lines": msgspec.json.encode(lines).decode(),
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(schema_name), values)
        row: Any = cursor.fetchone()
    count, threads, mails = row
    if count != len(texts):
        raise NotAllStored
    return Stored(threads=_keys.decode(threads), mails=_keys.decode(mails or "[]"))


def note_account(schema_name: str, configuration_id: int, at: datetime) -> None:
    """Keep when a configuration last brought a text."""
    statement = _NOTE_ACCOUNT.format(schema=quote_schema_name(schema_name))
    with connection.cursor() as cursor:
        cursor.execute(statement, {"key": configuration_id, "at": at})


@lru_cache(maxsize=2000)
def _statement(schema_name: str) -> str:
    return filled(_STORE, quote_schema_name(schema_name))


def filled(statement: str, schema: str) -> str:
    """Write the schema, and the columns with their values, into a statement."""
    inserts = {
        "conversation": CONVERSATION,
        "message": MESSAGE,
        "message_event": MESSAGE_EVENT,
        "mail_delivery": MAIL_DELIVERY,
        "handling_event": HANDLING_EVENT,
    }
    names = {table: ", ".join(columns) for table, columns in inserts.items()}
    values = {f"{table}_values": ", ".join(c.values()) for table, c in inserts.items()}
    return statement.format(schema=schema, **names, **values)
