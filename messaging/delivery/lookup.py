"""Asking the carrier's own list about messages whose fate nobody told us.

The list has neither our tags nor any text. A message without the carrier's id is taken for one in
the list only where that leaves no doubt: same sender, recipients and minutes, an id that no other
message of ours has, and no other message that it could be just as well. Nothing is ever sent again
here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from messaging.delivery import again, exchange_log, progress, silence, timeline
from messaging.delivery.progress import Fault
from messaging.delivery.receipts import apply_receipt
from messaging.models import Conversation, Message, MessageEvent
from messaging.models.message import Status
from providers.base import Provider
from providers.errors import AccountProblem, ProviderError, TemporaryFailure
from providers.exchanges import recording
from providers.registry import UnknownProvider, platform_account, provider_for
from providers.types import DeliveryReceipt, FailureReason, FoundMessage, ListedPart, ReceiptStatus

# After the moment the answer was lost. The carrier's list may lag; receipts may be quicker.
TIMES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2, minutes=30),
)
# A list that cannot be asked is asked again for so long.
PATIENCE = timedelta(hours=12)

# Around the moment we began to send: clocks differ, and requests take their time.
_EARLY = timedelta(minutes=2)
_LATE = timedelta(minutes=10)
_MOST_CANDIDATES = 5
_PAUSE = timedelta(minutes=5)
_LONGEST_PAUSE = timedelta(hours=1)


class _Taken(Exception):
    """The id went to another message at this very moment."""


def first_time() -> datetime:
    """Return when to ask first about a message whose answer was lost now."""
    return timezone.now() + TIMES[0]


def look_up(message_id: UUID) -> None:
    """Ask about one message if it is due to be asked about; runs in the tenant's schema."""
    message = (
        Message.objects.select_related("conversation__extension", "configuration__trunk")
        .filter(
            pk=message_id,
            direction=Message.Direction.OUT,
            status__in=[Status.SENT, Status.UNCONFIRMED],
            lookup_at__isnull=False,
        )
        .first()
    )
    if message is None:
        return
    provider = _provider(message)
    if provider is None:
        _end(message, "There is no carrier account any more to ask what became of it.")
        return
    with recording() as exchanges:
        try:
            if message.provider_message_id:
                _ask_by_id(message, provider)
            else:
                _ask_by_numbers(message, provider)
        except (TemporaryFailure, AccountProblem) as error:
            _ask_later(message, provider, error)
        finally:
            exchange_log.keep(message, exchanges)


def _provider(message: Message) -> Provider | None:
    configuration = message.configuration
    try:
        if configuration is not None:
            return provider_for(configuration.trunk.provider, configuration.account)
        account = platform_account()
        return provider_for("bandwidth", account) if account else None
    except UnknownProvider:
        return None


def _ask_by_id(message: Message, provider: Provider) -> None:
    """Ask about a message that was taken, and of which no receipt came."""
    found = provider.find_message(message.provider_message_id)
    if found is not None:
        _tell(message, provider, found.parts)
    _end(message, "" if found else f"{provider.label}'s list does not show it any more.")


def _ask_by_numbers(message: Message, provider: Provider) -> None:
    """Ask about a message of which we do not know whether it was taken."""
    wanted = {
        each.dialed or each.number
        for each in message.recipients.exclude(status=Status.DELIVERED).order_by("pk")
    }
    found = _candidates(message, provider, wanted)
    if len(found) == 1 and not _rivals(message).exists():
        try:
            with transaction.atomic():
                taken = _adopt(message, provider, found[0])
                if taken:
                    _tell(message, provider, found[0].parts)
            return
        except _Taken:
            found = []
    if found:
        words = (
            f"{provider.label}'s list shows texts to this number at that time, but not which is"
            " which. It may have been sent."
        )
    else:
        words = (
            f"{provider.label}'s list does not show it, so most likely it was not sent. You can"
            " send it again."
        )
    _ask_again_or_end(message, words)


def _candidates(message: Message, provider: Provider, wanted: set[str]) -> list[FoundMessage]:
    """Return the listed messages to exactly these recipients that are no other message of ours."""
    if not wanted:
        return []
    since, until = _span(message)
    listed = provider.find_sent(message.sender, min(wanted), since=since, until=until)
    keys = list(dict.fromkeys(part.provider_message_id for part in listed))
    known = Message.objects.filter(
        direction=Message.Direction.OUT, provider_message_id__in=keys
    ).values_list("provider_message_id", flat=True)
    # An id that was given up when the message was sent again is still that message's.
    given_up = MessageEvent.objects.filter(
        message__conversation__in=_threads(message),
        detail__in=timeline.given_up(*keys),
    ).values_list("detail", flat=True)
    claimed, forgone = set(known), set(given_up)
    free = [
        key for key in keys if key not in claimed and forgone.isdisjoint(timeline.given_up(key))
    ]
    found = [provider.find_message(key) for key in free[:_MOST_CANDIDATES]]
    return [each for each in found if each and {part.recipient for part in each.parts} == wanted]


def _rivals(message: Message) -> QuerySet[Message]:
    """Return other messages that may be the one in the list just as well."""
    since, until = _span(message)
    sending = MessageEvent.objects.filter(
        message=OuterRef("pk"), status=Status.SENDING, at__range=(since - _LATE, until + _EARLY)
    )
    unsettled = Q(provider_message_id="", status__in=[Status.SENDING, Status.UNCONFIRMED])
    return (
        Message.objects.filter(
            unsettled | Q(Exists(timeline.told_again(OuterRef("pk")))),
            Exists(sending),
            direction=Message.Direction.OUT,
            conversation__in=_threads(message),
        )
        .exclude(pk=message.pk)
        .order_by()
    )


def _threads(message: Message) -> QuerySet[Conversation]:
    """Return the threads, groups too, that any of the recipients is in."""
    numbers = Q()
    for each in message.recipients.all():
        numbers |= Q(participants_key__contains=each.number)
    return Conversation.objects.filter(numbers).order_by()


def _span(message: Message) -> tuple[datetime, datetime]:
    began = message.sending_at or message.created_at
    return began - _EARLY, began + _LATE


def _adopt(message: Message, provider: Provider, found: FoundMessage) -> bool:
    """Take the listed message for ours, unless a receipt was quicker.

    Raises _Taken.
    """
    progress.lock_thread(message)
    message.refresh_from_db(fields=["status", "provider_message_id"])
    if message.status != Status.UNCONFIRMED or message.provider_message_id:
        return False
    times = [part.taken_at for part in found.parts if part.taken_at]
    adopted = progress.accept(
        message,
        provider_message_id=found.provider_message_id,
        at=min(times, default=message.sending_at or timezone.now()),
        detail=f"Found in {provider.label}'s list: it was taken",
    )
    if not adopted:
        raise _Taken
    # From here on it is like any message that was sent: silence is asked about anew.
    Message.objects.filter(pk=message.pk).update(lookups=0)
    return True


def _tell(message: Message, provider: Provider, parts: Sequence[ListedPart]) -> None:
    """Take in what the list says of each recipient, as if it were a receipt."""
    for part in parts:
        meaning = provider.explain(part.error_code) if part.error_code else None
        failed = part.status is ReceiptStatus.FAILED
        apply_receipt(
            DeliveryReceipt(
                provider_message_id=part.provider_message_id,
                tag=str(message.pk),
                recipient=part.recipient,
                status=part.status,
                error_code=part.error_code,
                error_text=meaning.text if meaning else f"So says {provider.label}'s list.",
                failure_reason=meaning.reason if meaning and failed else None,
                registration=meaning.registration if meaning else None,
            ),
            configuration=message.configuration,
        )
    message.refresh_from_db(fields=["status", "provider_message_id"])


def _ask_again_or_end(message: Message, words: str) -> None:
    asked = message.lookups + 1
    if asked < len(TIMES):
        pause = TIMES[asked] - TIMES[asked - 1]
        _unsettled(message).update(lookups=asked, lookup_at=timezone.now() + pause)
    else:
        _end(message, words)


def _ask_later(message: Message, provider: Provider, error: ProviderError) -> None:
    began = message.sent_at or message.sending_at or message.created_at
    if timezone.now() - began > PATIENCE:
        _end(message, f"{provider.label}'s list could not be asked about it. {error.detail}")
        return
    asked_for = timedelta(seconds=getattr(error, "retry_after", None) or 0)
    pause = min(max(_PAUSE, asked_for), _LONGEST_PAUSE)
    _unsettled(message).update(lookup_at=timezone.now() + pause)


def _unsettled(message: Message) -> QuerySet[Message]:
    return Message.objects.filter(pk=message.pk, status=message.status, lookup_at__isnull=False)


def _end(message: Message, words: str) -> None:
    """Leave it unconfirmed for a person to decide; a receipt may still come."""
    taken = bool(message.provider_message_id)
    if taken:
        words = " ".join(filter(None, [silence.words(message.configuration), words]))
    progress.move(
        message,
        Status.UNCONFIRMED,
        where=Q(
            status=Status.SENT if taken else Status.UNCONFIRMED,
            provider_message_id=message.provider_message_id,
        ),
        carry=(Status.SENT,),
        fault=Fault(reason=FailureReason.UNKNOWN, text=words),
        lookup_at=None,
        lookups=message.lookups + 1,
    )
    again.after_limit(message)
