"""Keeping what was said to the carrier about a message, and what it answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from messaging.models import CarrierExchange, Message
from messaging.plaintext import storable
from providers.exchanges import Exchange

MOST = 20
# A message that was sent at once, at the first try, cannot have older ones.
_AT_ONCE = timedelta(minutes=1)


def keep(message: Message, exchanges: Sequence[Exchange]) -> None:
    """Store the exchanges of one attempt; of a message that is tried often the last ones stay."""
    now = timezone.now()
    CarrierExchange.objects.bulk_create(
        CarrierExchange(
            message=message,
            at=now,
            method=exchange.method,
            address=storable(exchange.address),
            request=storable(exchange.request),
            status=exchange.status,
            response=storable(exchange.response),
            milliseconds=exchange.milliseconds,
        )
        for exchange in exchanges[-MOST:]
    )
    if message.attempts > 1 or now - message.created_at > _AT_ONCE:
        rows = CarrierExchange.objects.filter(message=message)
        older = rows.order_by("-id").values("pk")[MOST:]
        rows.filter(pk__in=list(older.values_list("pk", flat=True))).delete()
