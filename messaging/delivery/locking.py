"""Locking many messages of the current tenant with their threads, without waiting for anybody.

In a statement of its own: for so few rows Django would spend longer on wording it than PostgreSQL
on carrying it out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model

from messaging.models import Conversation, Extension, Message

Row = TypeVar("Row", bound=Model)

_LOCK = """
SELECT {columns} FROM messaging_message AS message
JOIN messaging_conversation AS conversation ON conversation.id = message.conversation_id
LEFT JOIN messaging_extension AS extension ON extension.id = conversation.extension_id
WHERE message.id = ANY(%(keys)s::uuid[]) AND message.direction = 'out'
    AND message.status = %(status)s
    AND (%(due_by)s::timestamptz IS NULL OR message.next_attempt_at IS NULL
        OR message.next_attempt_at <= %(due_by)s::timestamptz)
ORDER BY message.created_at FOR NO KEY UPDATE OF message, conversation SKIP LOCKED
"""
# None of them has a column that Django reads otherwise than psycopg gives it.
_TABLES: dict[str, type[Model]] = {
    "message": Message,
    "conversation": Conversation,
    "extension": Extension,
}


def lock(keys: Iterable[UUID], *, status: str, due_by: datetime | None = None) -> list[Message]:
    """Return those in this state that nobody else works on, with their threads, oldest first.

    `due_by`: no others than those which are due by then.
    """
    with connection.cursor() as cursor:
        values = {"keys": literal(keys), "status": status, "due_by": due_by}
        cursor.execute(_statement(), values)
        return [_message(row) for row in cursor.fetchall()]


def literal(keys: Iterable[UUID | int]) -> str:
    """Write keys as PostgreSQL reads an array: psycopg takes much longer for a list."""
    return "{" + ",".join(map(str, keys)) + "}"


@cache
def _statement() -> str:
    columns = (f'{table}."{name}"' for table, model in _TABLES.items() for name in _names(model))
    return _LOCK.format(columns=", ".join(columns))


@cache
def _names(model: type[Model]) -> list[str]:
    return [field.column for field in model._meta.concrete_fields if field.column]


def _message(row: tuple[Any, ...]) -> Message:
    message, rest = _read(Message, row)
    message.conversation, rest = _read(Conversation, rest)
    if message.conversation.extension_id is not None:
        message.conversation.extension, _ = _read(Extension, rest)
    return message


def _read(model: type[Row], row: tuple[Any, ...]) -> tuple[Row, tuple[Any, ...]]:
    names = _names(model)
    return model.from_db(connection.alias, names, row[: len(names)]), row[len(names) :]
