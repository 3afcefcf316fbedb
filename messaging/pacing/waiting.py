"""How many messages of an account wait to be sent."""

from __future__ import annotations

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from messaging.models import Message, SmsConfiguration
from messaging.models.message import Status

_MOST_COUNTED = 10_000


def waiting_on(configuration: SmsConfiguration) -> int:
    """Count the account's queued messages, up to ten thousand."""
    queued = Message.objects.filter(
        direction=Message.Direction.OUT, status=Status.QUEUED, configuration=configuration
    )
    return queued.order_by()[:_MOST_COUNTED].count()


def waiting_on_each() -> Coalesce:
    """Return the same as an expression for a list of configurations."""
    queued = Message.objects.filter(
        direction=Message.Direction.OUT, status=Status.QUEUED, configuration=OuterRef("pk")
    )
    counted = queued.order_by().values("configuration").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0, output_field=IntegerField())
