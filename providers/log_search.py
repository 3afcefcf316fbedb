"""Finding events of the log by day and by words without reading all of it.

The log is in the order of its ids, and so, but for what came in at the same moment, of its times.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from providers.models import WebhookEvent

# So far two events that came in together may stand in the other's place.
_NEIGHBOURS = 1_000
# Words are looked for in so many events: a tenth of a second.
SEARCHED = 60_000

# Halves what is left of the ids until one remains: some twenty look-ups among millions of rows.
_FIRST_SINCE = """
WITH RECURSIVE span(low, high) AS (
    SELECT min(id), max(id) + 1 FROM {table}
  UNION ALL
    SELECT CASE WHEN probe.received_at < %(since)s THEN probe.id + 1 ELSE low END,
           CASE WHEN probe.received_at < %(since)s THEN high ELSE middle END
    FROM span
    CROSS JOIN LATERAL (SELECT (low + high) / 2 AS middle) AS half
    CROSS JOIN LATERAL (
        SELECT id, received_at FROM {table} WHERE id >= middle ORDER BY id LIMIT 1
    ) AS probe
    WHERE low < high
)
SELECT low FROM span WHERE low = high
"""


def received_since(events: QuerySet[Any], moment: datetime) -> QuerySet[Any]:
    """Keep what came in at the moment or later."""
    first = _first_since(moment)
    return events.filter(id__gte=first - _NEIGHBOURS, received_at__gte=moment)


def received_before(events: QuerySet[Any], moment: datetime) -> QuerySet[Any]:
    """Keep what came in before the moment."""
    first = _first_since(moment)
    return events.filter(id__lt=first + _NEIGHBOURS, received_at__lt=moment)


def newest_of(events: QuerySet[Any]) -> QuerySet[Any]:
    """Keep the newest of the events, few enough to look for words in."""
    newest = events.order_by("-id").values_list("id", flat=True).first()
    return events if newest is None else events.filter(id__gt=newest - SEARCHED)


def _first_since(moment: datetime) -> int:
    table = connection.ops.quote_name(WebhookEvent._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_SINCE.format(table=table), {"since": moment})
        found = cursor.fetchone()
    return int(found[0]) if found else 0
