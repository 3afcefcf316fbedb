"""Writing down what carriers answered: of plain acceptance many at once, of all else one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from messaging import queue
from messaging.delivery import claim, exchange_log, failover, outcome, progress
from messaging.delivery.progress import Taken
from messaging.models import Message
from messaging.outbound.way import Way
from messaging.plaintext import one_line
from providers.errors import ProviderError
from providers.exchanges import Exchange
from providers.types import SendResult
from tenants.schema import tenant_connection

ID_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one try; with neither result nor error nobody knows."""

    message: Message
    way: Way
    exchanges: Sequence[Exchange]
    result: SendResult | None = None
    error: ProviderError | None = None


@transaction.atomic
def accept_all(answers: Sequence[Answer]) -> list[Answer]:
    """Note in a few statements which messages carriers plainly took; return the other answers."""
    words = [
        Taken(
            message=answer.message,
            provider_message_id=one_line(answer.result.provider_message_id, limit=ID_LIMIT),
            segment_count=answer.result.segment_count,
        )
        for answer in answers
        if answer.result is not None
    ]
    if not words:
        return list(answers)
    others = {word.message.pk for word in progress.accept_all(words, at=timezone.now())}
    left = [a for a in answers if a.result is None or a.message.pk in others]
    kept: set[UUID] = {answer.message.pk for answer in left}
    exchange_log.keep_all([(a.message, a.exchanges) for a in answers if a.message.pk not in kept])
    return left


def settle(answer: Answer, *, hopeful: bool = False) -> ProviderError | None:
    """Note what came of one message; return its error when another route is to be tried at once.

    `hopeful`: an earlier route of this round may work again later.
    """
    message, way = answer.message, answer.way
    try:
        if answer.result is not None:
            outcome.sent(message, answer.result)
        elif answer.error is not None:
            error = outcome.slowed_down(message, way, answer.error)
            if failover.goes_on(way, error):
                return error if outcome.next_route(message, way, error) else None
            outcome.not_sent(message, way, failover.sum_up(error, hopeful=hopeful))
    finally:
        exchange_log.keep(message, answer.exchanges)
    return None


def ring_for_next(threads: Iterable[int]) -> None:
    """Ring for what waited behind a message of the same thread that was being sent."""
    waiting = Message.objects.filter(claim.due(), conversation__in=list(threads)).order_by()
    for origin in waiting.values_list("origin", flat=True).distinct():
        queue.ring(queue.deliver_task(origin), tenant_connection.schema_name)
