"""Finding messages by words, newest first, in a time that does not grow with the log.

The index of the words knows no order, and the order by time knows no words. A common word is met
soon enough by walking back from the newest message; a rare one has few entries in the index. Which
of the two a word is, the newest messages tell better than PostgreSQL's guess, which takes the words
of a set phrase for independent.

Whoever sees few threads meets even a common word seldom, and is best served thread by thread: each
has its messages in order, of which only the latest are read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
# Read one by one; of more, common words are met walking back.
_FEW_THREADS = 4_000
# How many times longer each stretch of them is than what is known so far, at least and at most. It
# is three times what would do if all were evenly spread: to ask again costs more than to read on.
_LONGER = (4.0, 64.0)
_SPARE = 3.0
_ALL = timedelta(days=3_650)
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
# The walk for people who do not see all threads, with how common the words are altogether. What
# they see is counted only where few were met.
_LOOK = f"""
WITH newest AS MATERIALIZED (
  SELECT {_COLUMNS} FROM messaging_message ORDER BY created_at DESC, id DESC LIMIT %s
), met AS MATERIALIZED (
  SELECT * FROM newest WHERE text ILIKE %s AND {_HOLDS}
), own AS MATERIALIZED (
  SELECT * FROM met WHERE true {{seen}} ORDER BY created_at DESC, id DESC LIMIT %s
)
SELECT own.*, sample.* FROM (
  SELECT (SELECT count(*) FROM met), (SELECT min(created_at) FROM newest),
    (SELECT max(created_at) FROM newest),
    CASE WHEN (SELECT count(*) FROM own) < %s THEN (SELECT count(*) FROM ({{threads}}) AS few) END
) AS sample LEFT JOIN own ON true
ORDER BY own.created_at DESC, own.id DESC
"""  # noqa: S608
_STRETCH = f"""
WITH few AS MATERIALIZED ({{threads}})
SELECT {_COLUMNS} FROM few CROSS JOIN LATERAL (
  SELECT {_COLUMNS} FROM messaging_message
  WHERE conversation_id = few.pk AND created_at > %s AND created_at <= %s OFFSET 0
) AS said
WHERE text ILIKE %s AND {_HOLDS}
ORDER BY created_at DESC, id DESC LIMIT %s
"""  # noqa: S608
# The second is asked for only where the first found few.
_KEYS = f"""
SELECT CASE WHEN (SELECT count(*) FROM ({_WALK.format(seen="")}) AS met) < %s
  THEN COALESCE((SELECT (array_agg(id))[1:%s] FROM messaging_message WHERE {_HOLDS}), '{{}}')
END
"""  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What the newest messages told somebody who does not see all threads."""

    hits: list[Hit]
    met: int  # messages with the words, seen or not
    oldest: datetime
    newest: datetime
    threads: int | None  # so many are seen, counted while they are few; None = hits enough

    @property
    def is_seldom_seen(self) -> bool:
        """Tell whether the words are common, but not in the few threads that are seen."""
        few = self.threads is not None and self.threads <= _FEW_THREADS
        return few and len(self.hits) < _COMMON <= self.met


def newest_hits(words: str, visible: QuerySet[Conversation] | None, *, most: int) -> list[Hit]:
    """Return the newest messages with the words, a tsquery; `visible` None = of all threads."""
    try:
        seen, params = _within(visible)
    except EmptyResultSet:  # nothing is visible, and Django knows it
        return []
    asked = [_part(words), words, *params, most]
    if visible is None:
        hits = _rows(_WALK.format(seen=seen), [_SAMPLE, *asked])
    else:
        looked = _look(words, visible, most=most)
        if looked is None:
            return []
        if looked.is_seldom_seen:
            return _by_threads(words, visible, looked, most=most)
        hits = looked.hits
    if _COMMON <= len(hits) < most:
        hits = _rows(_WALK.format(seen=seen), [_FAR, *asked])
    if len(hits) < most:
        hits = _rows(_LOOK_UP.format(seen=seen), asked)
    return hits


def _look(words: str, visible: QuerySet[Conversation], *, most: int) -> _Looked | None:
    """Look for the words among the newest messages; None = there is no message at all."""
    seen, params = _within(visible)
    threads, limited = _keys(visible, most=_FEW_THREADS + 1)
    rows = _rows(
        _LOOK.format(seen=seen, threads=threads),
        [_SAMPLE, _part(words), words, *params, most, most, *limited],
    )
    met, oldest, newest, count = rows[0][4:]
    if oldest is None:
        return None
    hits = [row[:4] for row in rows if row[0] is not None]
    return _Looked(hits=hits, met=met, oldest=oldest, newest=newest, threads=count)


def _by_threads(
    words: str, visible: QuerySet[Conversation], looked: _Looked, *, most: int
) -> list[Hit]:
    """Read the threads back from now, stretch by stretch, until there are hits enough.

    A thread's own time is no help: broadcasts are written into it without moving it.
    """
    threads, params = _keys(visible, most=_FEW_THREADS)
    statement = _STRETCH.format(threads=threads)
    hits: list[Hit] = []
    met, span = len(looked.hits), looked.newest - looked.oldest
    since: datetime | str = "infinity"
    for is_rest in (False, False, True):
        least, longest = _LONGER
        span = min(_ALL, span * min(max(_SPARE * most / max(met, 1), least), longest))
        until, since = since, "-infinity" if is_rest else looked.newest - span
        asked = [*params, since, until, _part(words), words, most - len(hits)]
        hits += _rows(statement, asked)
        met = len(hits)
        if met == most:
            break
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


def _keys(visible: QuerySet[Conversation], *, most: int) -> tuple[str, Sequence[Any]]:
    return visible.order_by().values("pk")[:most].query.sql_with_params()


def _part(words: str) -> str:
    """Write the longest plain word for ILIKE, which turns most texts down before they are parsed.

    Only of letters and digits that are folded alike everywhere.
    """
    plain = max(_PLAIN.findall(words), key=len, default="")
    return f"%{plain}%"


def _rows(sql: str, params: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
