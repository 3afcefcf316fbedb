"""Waiting until nothing is under way any more, and putting clocks forward for what waits long.

The product waits for minutes and hours where a run has seconds: for an answer that will not come,
for the carrier's list, for another try. Its delays stay what they are. Once everything was killed
at once, so that nobody has anything in hands, what waits for a later time has that time now.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Q

from config.chaos.companies import Company
from config.chaos.ledger import Ledger
from messaging.models import Attachment, Message
from messaging.models.message import Status
from providers.models import WebhookEvent
from tenants.context import entered

# As old as the sweeps want it to be before they ring again.
_LATE = "interval '31 seconds'"
_FORWARD = (
    f"""
    UPDATE messaging_message SET next_attempt_at = now() - {_LATE}
    WHERE next_attempt_at > now() - {_LATE}
        AND (status = 'queued' OR status = 'sending' AND sending_at < %(since)s)
    """,  # noqa: S608  # our own words
    "UPDATE messaging_message SET lookup_at = now() WHERE lookup_at > now()",
    f"""
    UPDATE messaging_attachment SET next_attempt_at = now() - {_LATE}
    WHERE state = 'pending' AND next_attempt_at > now() - {_LATE}
    """,  # noqa: S608
)
_FORWARD_EVENTS = """
UPDATE public.providers_webhookevent SET next_attempt_at = now()
WHERE state = 'pending' AND next_attempt_at > now()
"""


def open_work(companies: Sequence[Company], ledger: Ledger) -> dict[str, int]:
    """Count what is not at its end yet, by kind; empty = all is quiet."""
    endpoints = [company.endpoint_id for company in companies]
    counts = {
        "callbacks not taken": len(ledger.unanswered()),
        "events not routed": WebhookEvent.objects.filter(
            state=WebhookEvent.State.PENDING, endpoint__in=endpoints
        ).count(),
    }
    unfinished = Q(status__in=[Status.SCHEDULED, Status.QUEUED, Status.SENDING, Status.SENT])
    for company in companies:
        with entered(company.schema_name):
            for name, rows in (
                ("messages under way", Message.objects.filter(unfinished)),
                ("fates unknown", Message.objects.filter(~unfinished, lookup_at__isnull=False)),
                ("files pending", Attachment.objects.filter(state=Attachment.State.PENDING)),
            ):
                counts[name] = counts.get(name, 0) + rows.count()
    return {name: count for name, count in counts.items() if count}


def put_clocks_forward(companies: Sequence[Company], *, since: datetime) -> None:
    """Let what waits be due now; `since`: when everything was killed."""
    for company in companies:
        with entered(company.schema_name), connection.cursor() as cursor:
            for statement in _FORWARD:
                cursor.execute(statement, {"since": since})
    with connection.cursor() as cursor:
        cursor.execute(_FORWARD_EVENTS)
