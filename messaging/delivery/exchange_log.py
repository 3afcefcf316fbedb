"""Keeping what was said to the carrier about a message, and what it answered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from messaging.models import CarrierExchange, Message
from messaging.plaintext import storable
from providers.exchanges import Exchange

MOST = 20
# A message that was sent at once, at the first try, cannot have older ones.
_AT_ONCE = timedelta(minutes=1)
# As JSON: one value costs psycopg a fraction of what eight for each row do.
_KEEP = """
INSERT INTO messaging_carrierexchange
    (message_id, at, method, address, request, status, response, milliseconds)
SELECT message_id, at, method, address, request, status, response, milliseconds
FROM json_to_recordset(%s) AS said (
    message_id uuid, at timestamptz, method text, address text, request text, status smallint,
    response text, milliseconds integer
)
"""


def keep(message: Message, exchanges: Sequence[Exchange]) -> None:
    """Store the exchanges of one attempt; of a message that is tried often the last ones stay."""
    keep_all([(message, exchanges)])


def keep_all(attempts: Sequence[tuple[Message, Sequence[Exchange]]]) -> None:
    """Store those of many attempts at once."""
    now = timezone.now()
    rows = list(chain.from_iterable(_rows(message, said, at=now) for message, said in attempts))
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, [json.dumps(rows)])
    tried_before = [
        message.pk
        for message, _ in attempts
        if message.attempts > 1 or now - message.created_at > _AT_ONCE
    ]
    if tried_before:
        known = CarrierExchange.objects.filter(message__in=tried_before).order_by()
        many = known.values("message").annotate(kept=Count("pk")).filter(kept__gt=MOST)
        for key in many.values_list("message", flat=True):
            of_it = CarrierExchange.objects.filter(message=key)
            older = of_it.order_by("-id").values("pk")[MOST:]
            of_it.filter(pk__in=list(older.values_list("pk", flat=True))).delete()


def _rows(
    message: Message, exchanges: Sequence[Exchange], *, at: datetime
) -> Iterator[dict[str, str | int | None]]:
    for exchange in exchanges[-MOST:]:
        yield {
            "message_id": str(message.pk),
            "at": at.isoformat(),
            "method": exchange.method,
            "address": storable(exchange.address),
            "request": storable(exchange.request),
            "status": exchange.status,
            "response": storable(exchange.response),
            "milliseconds": exchange.milliseconds,
        }
