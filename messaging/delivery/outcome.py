"""What becomes of a message by the end of one try: taken, waiting, or over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.db.models.expressions import CombinedExpression
from django.utils import timezone

from messaging import queue, registration
from messaging.broadcasts import holding
from messaging.broadcasts.trouble import note_account_failure
from messaging.consent import optouts
from messaging.delivery import claim, lookup, progress, retries
from messaging.delivery.progress import Fault
from messaging.models import Message, OptOut
from messaging.models.message import Status
from messaging.outbound.refusals import Postponed, Refusal, SendRefused
from messaging.outbound.way import Way
from messaging.pacing import permits
from messaging.plaintext import one_line
from providers.errors import (
    AccountProblem,
    MessageRejected,
    OutcomeUnknown,
    ProviderError,
    QueueFull,
    TemporaryFailure,
)
from providers.types import FailureReason, SendResult

_REASONS: dict[str, FailureReason] = {
    Refusal.OPTED_OUT: FailureReason.OPTED_OUT,
    Refusal.EXPIRED: FailureReason.EXPIRED,
    Refusal.UNREGISTERED: FailureReason.UNREGISTERED,
}
_PROMPT = 60.0  # seconds; longer pauses are left to the sweep, not to a task that waits


def refused(message: Message, refusal: SendRefused) -> None:
    """Fail a message that may not be sent any more."""
    reason = _REASONS.get(refusal.code, FailureReason.ACCOUNT)
    progress.move(
        message,
        Status.FAILED,
        where=claim.due(),
        fault=Fault(reason=reason, text=refusal.text),
        next_attempt_at=None,
    )
    if reason == FailureReason.ACCOUNT:
        note_account_failure(message, refusal.text)


def postponed(message: Message, pause: Postponed) -> None:
    """Let a message wait that may go later."""
    waits = progress.postpone(message, where=claim.due(), until=pause.until, detail=pause.text)
    if waits:
        _ring(message, (pause.until - timezone.now()).total_seconds())


def not_wanted(message: Message, words: str, *, where: Q) -> bool:
    """Cancel a message that nobody wants to be sent any more; returns whether it was as told."""
    return progress.move(message, Status.CANCELED, where=where, detail=words, next_attempt_at=None)


def sent(message: Message, result: SendResult) -> None:
    """Note that the carrier has taken it."""
    progress.accept(
        message,
        provider_message_id=one_line(result.provider_message_id, limit=200),
        at=timezone.now(),
        segment_count=result.segment_count,
    )


def slowed_down(message: Message, way: Way, error: ProviderError) -> ProviderError:
    """Let the account rest whose queue is full, whoever sends by it next."""
    if not isinstance(error, QueueFull):
        return error
    pause = permits.full(message, way.line, retry_after=error.retry_after)
    return QueueFull(error.detail, error_code=error.error_code, retry_after=pause)


def next_route(message: Message, way: Way, error: ProviderError) -> bool:
    """Put it back for the rule's next route; returns whether it may be tried."""
    if words := holding.canceled(message):
        not_wanted(message, words, where=claim.still_ours(message))
        return False
    return progress.move(
        message,
        Status.QUEUED,
        where=claim.still_ours(message),
        carry=(Status.SENDING,),
        fault=Fault(
            code=error.error_code, text=f"{way.name}: {error.detail} Trying the next route."
        ),
        next_attempt_at=timezone.now(),
        routes_tried=way.position,
        attempts=_attempts_after(error),
    )


def not_sent(message: Message, way: Way, error: ProviderError) -> None:
    """Fail it, have it tried again later, or leave it for the carrier's list to tell."""
    match error:
        case QueueFull():
            _wait(message, error, pause=error.retry_after or 0.0)
        case TemporaryFailure():
            _wait_or_give_up(message, way, error)
        case OutcomeUnknown():
            text = f"{error.detail} It may have been sent, so it is not sent again by itself."
            fault = Fault(reason=FailureReason.UNKNOWN, code=error.error_code, text=text)
            _end(message, Status.UNCONFIRMED, fault, lookup_at=lookup.first_time(), lookups=0)
        case MessageRejected():
            fault = Fault(reason=error.reason, code=error.error_code, text=error.detail)
            _end(message, Status.FAILED, fault)
            _learn(message, way, error)
        case AccountProblem():
            text = f"{error.detail} An admin must check the account before it is sent again."
            fault = Fault(reason=FailureReason.ACCOUNT, code=error.error_code, text=text)
            _end(message, Status.FAILED, fault)
            note_account_failure(message, text)
        case _:
            raise error


def _learn(message: Message, way: Way, error: MessageRejected) -> None:
    """Keep what a refusal tells beyond this message, as receipts do."""
    # Of a group it does not say who opted out.
    if error.reason is FailureReason.OPTED_OUT and len(way.numbers) == 1:
        optouts.record_opt_out(
            way.line.number,
            way.numbers[0],
            OptOut.Source.CARRIER,
            message=message,
            detail=f"Code {error.error_code}" if error.error_code else "",
        )
    if error.registration is not None:
        registration.learn(
            way.line.number,
            error.registration,
            code=error.error_code,
            words=error.detail,
            at=timezone.now(),
        )


def _end(message: Message, status: Status, fault: Fault, **columns: Any) -> None:
    progress.move(
        message,
        status,
        where=claim.still_ours(message),
        fault=fault,
        next_attempt_at=None,
        **columns,
    )


def _attempts_after(error: ProviderError) -> F | CombinedExpression:
    # However long a queue is full, no message may fail by it: that was no try.
    return F("attempts") - 1 if isinstance(error, QueueFull) else F("attempts")


def _wait_or_give_up(message: Message, way: Way, error: TemporaryFailure) -> None:
    rounds = retries.rounds(message.attempts, routes=way.count)
    pause = retries.pause_after(rounds, retry_after=error.retry_after)
    if retries.is_over(attempts=rounds, ends_at=message.expires_at, next_try=_in(pause)):
        text = f"{error.detail} Given up after {message.attempts} tries; you can send it again."
        fault = Fault(reason=FailureReason.UNREACHABLE, code=error.error_code, text=text)
        _end(message, Status.FAILED, fault)
        return
    if _wait(message, error, pause=pause):
        permits.keep_place(message)


def _wait(message: Message, error: TemporaryFailure, *, pause: float) -> bool:
    if words := holding.canceled(message):
        not_wanted(message, words, where=claim.still_ours(message))
        return False
    waits = progress.move(
        message,
        Status.QUEUED,
        where=claim.still_ours(message),
        carry=(Status.SENDING,),
        fault=Fault(code=error.error_code, text=f"{error.detail} Trying again."),
        next_attempt_at=_in(pause),
        routes_tried=0,
        attempts=_attempts_after(error),
    )
    if waits:
        _ring(message, pause)
    return waits


def _ring(message: Message, pause: float) -> None:
    if pause <= _PROMPT:
        queue.enqueue_delivery(message, delay=max(0.0, pause))


def _in(seconds: float) -> datetime:
    # A carrier may ask for any pause; what is longer than all patience ends it anyway.
    return timezone.now() + min(timedelta(seconds=min(seconds, 1e6)), retries.LONGEST_PAUSE)
