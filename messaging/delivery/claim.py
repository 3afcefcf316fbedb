"""Taking a queued message for one try, so that no two workers hand it over.

The claim is one conditional UPDATE; no transaction is open while the carrier is asked. A worker
that dies in between leaves the row in `sending`, which a sweep turns to `unconfirmed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from messaging.delivery import failover, progress
from messaging.models import Message
from messaging.models.message import Status
from messaging.outbound.way import Way
from providers.errors import TemporaryFailure
from providers.types import OutboundMessage

# How long a row may be in `sending` before its worker is taken for dead.
SENDING_FOR = timedelta(minutes=5)
# After this no request to the carrier is begun: it might end when the row is anybody's.
BEGUN_BY = timedelta(minutes=3)


def due() -> Q:
    """Tell which messages may be handed over now."""
    now = timezone.now()
    return Q(direction=Message.Direction.OUT, status=Status.QUEUED) & (
        Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    )


def still_ours(message: Message) -> Q:
    """Tell whether the row is as this worker claimed it."""
    # The time tells this claim from a later one: a sweep and a person may have been quicker.
    return Q(status=Status.SENDING, sending_at=message.sending_at)


def check_in_time(message: Message, *, limit: timedelta) -> None:
    """Refuse to send what others may have given up: a file took long, or the machine slept.

    Raises TemporaryFailure.
    """
    if message.sending_at is None or message.sending_at < timezone.now() - limit:
        raise TemporaryFailure("It was not ready to be sent in time.")


@transaction.atomic
def claim(message: Message, way: Way) -> bool:
    """Mark the message as being sent this way; returns whether nobody was quicker."""
    now = timezone.now()
    claimed = progress.move(
        message,
        Status.SENDING,
        where=due(),
        detail=way.told,
        attempts=F("attempts") + 1,
        sending_at=now,
        next_attempt_at=now + SENDING_FOR,
        # The account in charge may have changed since; receipts are matched by it.
        configuration=way.line.configuration,
        sender=way.line.number,
        outbound_rule=way.rule,
    )
    if claimed:
        failover.note_way(message, way)
        message.refresh_from_db(fields=["attempts", "sending_at"])
    return claimed


def claim_all(pairs: Sequence[tuple[Message, Way]]) -> None:
    """Mark messages as being sent that this transaction has locked, with their threads.

    They are due, of one thread each, have no files and leave by no rule.
    """
    now = timezone.now()
    by_line: dict[tuple[int | None, str], list[Message]] = {}
    for message, way in pairs:
        by_line.setdefault((way.line.account_key, way.line.number), []).append(message)
    for (account_key, sender), messages in by_line.items():
        kept = [
            each
            for each in messages
            if (each.configuration_id, each.sender) != (account_key, sender)
        ]
        if kept:
            keys = [each.pk for each in kept]
            Message.objects.filter(pk__in=keys).update(configuration=account_key, sender=sender)
    progress.move_all(
        [message for message, _ in pairs],
        Status.SENDING,
        attempts=F("attempts") + 1,
        sending_at=now,
        next_attempt_at=now + SENDING_FOR,
    )
    for message, _ in pairs:
        message.attempts += 1
        message.sending_at = now


def is_plain(message: Message, way: Way) -> bool:
    """Tell whether `claim_all` may take it: no rule has or had a hand in it."""
    return way.rule is None and message.outbound_rule_id is None


def parcel(message: Message, way: Way, files: tuple[str, ...]) -> OutboundMessage:
    """Return the claimed message as the carrier is given it, with the addresses of its files."""
    return OutboundMessage(
        sender=way.line.number,
        recipients=way.dialed,
        text=message.text,
        tag=str(message.pk),
        media_urls=files,
        expires_at=message.expires_at,
    )
