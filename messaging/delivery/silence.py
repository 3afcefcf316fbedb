"""Telling one lost receipt from an account whose receipts never reach us."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from messaging.models import Message, MessageEvent, SmsConfiguration

# So many of an account's texts in a row without any event are no accident.
TEXTS = 5
_REACH = timedelta(days=14)
_GRACE = timedelta(minutes=30)

NO_RECEIPT = "No delivery receipt came. It may have been delivered."
CAUSE = (
    "Most likely its application is not linked to a location at Bandwidth, or the webhook URL is"
    " not set there as the callback URL."
)


def words(configuration: SmsConfiguration | None) -> str:
    """Say that no receipt came, and why, where the account's other texts have none either."""
    if not is_deaf(configuration):
        return NO_RECEIPT
    whose = f"“{configuration.name}”" if configuration else "the platform's account"
    return f"{NO_RECEIPT} No text of {whose} got one lately. {CAUSE}"


def is_deaf(configuration: SmsConfiguration | None) -> bool:
    """Tell whether the carrier took the account's latest texts and never said a word of them."""
    keys = list(_latest(configuration).values_list("pk", flat=True)[:TEXTS])
    if len(keys) < TEXTS:
        return False
    heard = MessageEvent.objects.filter(message__in=keys, webhook_event_id__isnull=False)
    return not heard.exists()


def is_deaf_each() -> Q:
    """Tell the same of each configuration of a query, at once."""
    latest = _latest(OuterRef("pk")).values("pk")
    heard = MessageEvent.objects.filter(
        message__in=_latest(OuterRef(OuterRef("pk"))).values("pk")[:TEXTS],
        webhook_event_id__isnull=False,
    )
    return Q(Exists(latest[TEXTS - 1 : TEXTS])) & ~Q(Exists(heard))


def _latest(configuration: SmsConfiguration | OuterRef | None) -> QuerySet[Message]:
    now = timezone.now()
    return (
        Message.objects.filter(
            direction=Message.Direction.OUT,
            configuration=configuration,
            created_at__gte=now - _REACH,
            sent_at__lte=now - _GRACE,
        )
        .exclude(provider_message_id="")
        .order_by("-created_at")
    )
