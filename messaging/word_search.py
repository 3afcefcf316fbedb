"""Finding messages by words, newest first, in a time that does not grow with the log.

The index of the words knows no order, and the order by time knows no words. A common word is met
soon enough by walking back from the newest message; a rare one has few entries in the index. Which
of the two a word is, the newest messages tell better than PostgreSQL's guess, which takes the words
of a set phrase for independent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from messaging.models import Conversation

Hit = tuple[int, UUID, str, datetime]

# Walked back in any case: a few milliseconds.
_SAMPLE = 3_000
# Met so often among them, the words are common: a hundredth of the log holds them.
_COMMON = 30
# And further on: far enough for some hundred hits of common words.
_FAR = 30_000
_PLAIN = re.compile(r"[A-Za-z0-9]{3,}")

_COLUMNS = "conversation_id, id, text, created_at"
_HOLDS = "to_tsvector('simple'::regconfig, COALESCE(text, '')) @@ to_tsquery('simple', %s)"
# Each inner query is planned by itself: that is what LIMIT and OFFSET are for.
_WALK = f"""
SELECT {_COLUMNS} FROM (
  SELECT {_COLUMNS} FROM messaging_message ORDER BY created_at DESC, id DESC LIMIT %s
) AS newest
WHERE text ILIKE %s AND {_HOLDS} {{seen}}
ORDER BY created_at DESC, id DESC LIMIT %s
"""  # noqa: S608  # of the constants above
_LOOK_UP = f"""
SELECT {_COLUMNS} FROM (
  SELECT {_COLUMNS} FROM messaging_message WHERE text ILIKE %s AND {_HOLDS} {{seen}} OFFSET 0
) AS found
ORDER BY created_at DESC, id DESC LIMIT %s
"""  # noqa: S608
# The second is asked for only where the first found few.
_KEYS = f"""
SELECT CASE WHEN (SELECT count(*) FROM ({_WALK.format(seen="")}) AS met) < %s
  THEN COALESCE((SELECT (array_agg(id))[1:%s] FROM messaging_message WHERE {_HOLDS}), '{{}}')
END
"""  # noqa: S608


def newest_hits(words: str, visible: QuerySet[Conversation] | None, *, most: int) -> list[Hit]:
    """Return the newest messages with the words, a tsquery; `visible` None = of all threads."""
    try:
        seen, params = _within(visible)
    except EmptyResultSet:  # nothing is visible, and Django knows it
        return []
    asked = [_part(words), words, *params, most]
    hits = _rows(_WALK.format(seen=seen), [_SAMPLE, *asked])
    if _COMMON <= len(hits) < most:
        hits = _rows(_WALK.format(seen=seen), [_FAR, *asked])
    if len(hits) < most:
        hits = _rows(_LOOK_UP.format(seen=seen), asked)
    return hits


def keys_of(words: str, *, most: int) -> list[UUID] | None:
    """Return the keys of messages with the words, `most` of them; None = the words are common."""
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, [_SAMPLE, _part(words), words, _COMMON, _COMMON, most, words])
        (keys,) = cursor.fetchone()
    return keys  # type: ignore[no-any-return]


def _within(visible: QuerySet[Conversation] | None) -> tuple[str, Sequence[Any]]:
    if visible is None:
        return "", ()
    sql, params = visible.order_by().values("pk").query.sql_with_params()
    return f"AND conversation_id IN ({sql})", params


def _part(words: str) -> str:
    """Write the longest plain word for ILIKE, which turns most texts down before they are parsed.

    Only of letters and digits that are folded alike everywhere.
    """
    plain = max(_PLAIN.findall(words), key=len, default="")
    return f"%{plain}%"


def _rows(sql: str, params: Sequence[Any]) -> list[Hit]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
