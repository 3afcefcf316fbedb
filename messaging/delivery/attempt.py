"""Handing a queued message to its carrier, once.

The claim is one conditional UPDATE; no transaction is open while the carrier is asked. A worker
that dies in between leaves the row in `sending`, which a sweep turns to `unconfirmed`. Between two
routes of an outbound rule the row is `queued` again: whoever takes it goes on where it was left.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.expressions import CombinedExpression
from django.utils import timezone

from messaging import queue, registration
from messaging.broadcasts.trouble import note_account_failure
from messaging.delivery import exchange_log, failover, lookup, media_upload, progress, retries
from messaging.delivery.progress import Fault
from messaging.models import Message
from messaging.models.message import Status
from messaging.outbound.clearance import clear
from messaging.outbound.lines import Line
from messaging.outbound.refusals import Postponed, Refusal, SendRefused
from messaging.outbound.way import Way
from messaging.pacing import permits
from messaging.plaintext import one_line
from providers.base import Provider
from providers.errors import (
    AccountProblem,
    MessageRejected,
    OutcomeUnknown,
    ProviderError,
    QueueFull,
    TemporaryFailure,
)
from providers.exchanges import recording
from providers.registry import UnknownProvider, platform_account, provider_for
from providers.types import FailureReason, OutboundMessage, SendResult
from tenants.schema import tenant_connection

# How long a row may be in `sending` before its worker is taken for dead.
SENDING_FOR = timedelta(minutes=5)
_REASONS: dict[str, FailureReason] = {
    Refusal.OPTED_OUT: FailureReason.OPTED_OUT,
    Refusal.EXPIRED: FailureReason.EXPIRED,
    Refusal.UNREGISTERED: FailureReason.UNREGISTERED,
}
_PROMPT = 60.0  # seconds; longer pauses are left to the sweep, not to a task that waits


def deliver(message_id: UUID) -> None:
    """Send one message if it is queued and due; runs in the tenant's schema.

    Where a rule has several routes, the next one is tried at once after a carrier or an account
    that certainly did not send it.
    """
    hopeful = False
    while (error := _attempt(message_id, hopeful=hopeful)) is not None:
        hopeful = hopeful or isinstance(error, TemporaryFailure)


def _attempt(message_id: UUID, *, hopeful: bool) -> ProviderError | None:
    """Ask one carrier once; return its error when another route is to be tried at once.

    `hopeful`: an earlier route of this round may work again later.
    """
    message = (
        Message.objects.select_related("conversation__extension", "configuration__trunk")
        .filter(_due(), pk=message_id)
        .first()
    )
    if message is None:
        return None
    try:
        way = clear(message, tenant=tenant_connection.tenant)
        provider = _provider(way.line)
        permits.take(message, way.line, recipients=len(way.numbers))
    except SendRefused as refusal:
        _refuse(message, refusal)
        return None
    except Postponed as pause:
        _postpone(message, pause)
        return None
    if not _claim(message, way):
        return None
    message.refresh_from_db(fields=["attempts", "sending_at"])
    with recording() as exchanges:
        try:
            result = provider.send(_parcel(message, way, provider))
        except ProviderError as said:
            error = _slowed_down(message, way, said)
            if failover.goes_on(way, error):
                return error if _go_on(message, way, error) else None
            _give_up_or_wait(message, way, failover.sum_up(error, hopeful=hopeful))
        else:
            _sent(message, result)
        finally:
            exchange_log.keep(message, exchanges)
    return None


def _due() -> Q:
    now = timezone.now()
    return Q(direction=Message.Direction.OUT, status=Status.QUEUED) & (
        Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    )


def _provider(line: Line) -> Provider:
    configuration = line.configuration
    try:
        if configuration is not None:
            return provider_for(configuration.trunk.provider, configuration.account)
        account = platform_account()
        if account is not None:
            return provider_for("bandwidth", account)
    except UnknownProvider:
        pass
    raise SendRefused(
        Refusal.NO_ACCOUNT, "There is no carrier account to send this by. An admin must set it up."
    )


def _refuse(message: Message, refusal: SendRefused) -> None:
    reason = _REASONS.get(refusal.code, FailureReason.ACCOUNT)
    progress.move(
        message,
        Status.FAILED,
        where=_due(),
        fault=Fault(reason=reason, text=refusal.text),
        next_attempt_at=None,
    )
    if reason == FailureReason.ACCOUNT:
        note_account_failure(message, refusal.text)


def _postpone(message: Message, pause: Postponed) -> None:
    waits = progress.postpone(message, where=_due(), until=pause.until, detail=pause.text)
    seconds = (pause.until - timezone.now()).total_seconds()
    if waits and seconds <= _PROMPT:
        queue.enqueue_delivery(message, delay=max(0.0, seconds))


@transaction.atomic
def _claim(message: Message, way: Way) -> bool:
    now = timezone.now()
    account = way.line.configuration
    claimed = progress.move(
        message,
        Status.SENDING,
        where=_due(),
        detail=way.told,
        attempts=F("attempts") + 1,
        sending_at=now,
        next_attempt_at=now + SENDING_FOR,
        # The account in charge may have changed since; receipts are matched by it.
        configuration=account,
        sender=way.line.number,
        outbound_rule=way.rule,
    )
    if claimed:
        failover.note_way(message, way)
    return claimed


def _parcel(message: Message, way: Way, provider: Provider) -> OutboundMessage:
    return OutboundMessage(
        sender=way.line.number,
        recipients=way.dialed,
        text=message.text,
        tag=str(message.pk),
        media_urls=media_upload.upload(message, provider),
        expires_at=message.expires_at,
    )


def _still_ours(message: Message) -> Q:
    # The time tells this claim from a later one: a sweep and a person may have been quicker.
    return Q(status=Status.SENDING, sending_at=message.sending_at)


def _sent(message: Message, result: SendResult) -> None:
    progress.accept(
        message,
        provider_message_id=one_line(result.provider_message_id, limit=200),
        at=timezone.now(),
        segment_count=result.segment_count,
    )


def _slowed_down(message: Message, way: Way, error: ProviderError) -> ProviderError:
    """Let the account rest whose queue is full, whoever sends by it next."""
    if not isinstance(error, QueueFull):
        return error
    pause = permits.full(message, way.line, retry_after=error.retry_after)
    return QueueFull(error.detail, error_code=error.error_code, retry_after=pause)


def _go_on(message: Message, way: Way, error: ProviderError) -> bool:
    return progress.move(
        message,
        Status.QUEUED,
        where=_still_ours(message),
        carry=(Status.SENDING,),
        fault=Fault(
            code=error.error_code, text=f"{way.name}: {error.detail} Trying the next route."
        ),
        next_attempt_at=timezone.now(),
        routes_tried=way.position,
        attempts=_attempts_after(error),
    )


def _give_up_or_wait(message: Message, way: Way, error: ProviderError) -> None:
    match error:
        case QueueFull():
            _wait_for_limit(message, error)
        case TemporaryFailure():
            _wait(message, way, error)
        case OutcomeUnknown():
            text = f"{error.detail} It may have been sent, so it is not sent again by itself."
            fault = Fault(reason=FailureReason.UNKNOWN, code=error.error_code, text=text)
            _end(message, Status.UNCONFIRMED, fault, lookup_at=lookup.first_time(), lookups=0)
        case MessageRejected():
            fault = Fault(reason=error.reason, code=error.error_code, text=error.detail)
            _end(message, Status.FAILED, fault)
            if error.registration is not None:
                registration.learn(
                    way.line.number,
                    error.registration,
                    code=error.error_code,
                    words=error.detail,
                    at=timezone.now(),
                )
        case AccountProblem():
            text = f"{error.detail} An admin must check the account before it is sent again."
            fault = Fault(reason=FailureReason.ACCOUNT, code=error.error_code, text=text)
            _end(message, Status.FAILED, fault)
            note_account_failure(message, text)
        case _:
            raise error


def _end(message: Message, status: Status, fault: Fault, **columns: Any) -> None:
    progress.move(
        message,
        status,
        where=_still_ours(message),
        fault=fault,
        next_attempt_at=None,
        **columns,
    )


def _attempts_after(error: ProviderError) -> F | CombinedExpression:
    # However long a queue is full, no message may fail by it: that was no try.
    return F("attempts") - 1 if isinstance(error, QueueFull) else F("attempts")


def _wait_for_limit(message: Message, error: QueueFull) -> None:
    pause = error.retry_after or 0.0
    waits = progress.move(
        message,
        Status.QUEUED,
        where=_still_ours(message),
        carry=(Status.SENDING,),
        fault=Fault(code=error.error_code, text=f"{error.detail} Trying again."),
        next_attempt_at=_in(pause),
        routes_tried=0,
        attempts=_attempts_after(error),
    )
    if waits and pause <= _PROMPT:
        queue.enqueue_delivery(message, delay=pause)


def _wait(message: Message, way: Way, error: TemporaryFailure) -> None:
    rounds = retries.rounds(message.attempts, routes=way.count)
    pause = retries.pause_after(rounds, retry_after=error.retry_after)
    next_try = _in(pause)
    if retries.is_over(
        attempts=rounds,
        ends_at=message.expires_at,
        next_try=next_try,
    ):
        text = f"{error.detail} Given up after {message.attempts} tries; you can send it again."
        fault = Fault(reason=FailureReason.UNREACHABLE, code=error.error_code, text=text)
        _end(message, Status.FAILED, fault)
        return
    waits = progress.move(
        message,
        Status.QUEUED,
        where=_still_ours(message),
        carry=(Status.SENDING,),
        fault=Fault(code=error.error_code, text=f"{error.detail} Trying again."),
        next_attempt_at=next_try,
        routes_tried=0,
    )
    permits.keep_place(message)
    if waits and pause <= _PROMPT:
        queue.enqueue_delivery(message, delay=pause)


def _in(seconds: float) -> datetime:
    # A carrier may ask for any pause; what is longer than all patience ends it anyway.
    return timezone.now() + min(timedelta(seconds=min(seconds, 1e6)), retries.LONGEST_PAUSE)
