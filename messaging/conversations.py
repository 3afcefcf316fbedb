"""Finding the thread a message belongs to, and keeping its last line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from messaging.models import Conversation, Message


def participants_key(numbers: Iterable[str]) -> str:
    """Join the others' numbers so that equal groups make equal keys."""
    return ",".join(sorted(set(numbers)))


def conversation_with(our_number: str, others: Iterable[str], *, at: datetime) -> Conversation:
    """Return the one thread of these parties, made if need be."""
    key = participants_key(others)
    threads = Conversation.objects.filter(our_number=our_number, participants_key=key)
    if known := threads.first():
        return known
    # Two messages of a new customer may arrive at once: whoever loses finds the other's.
    Conversation.objects.bulk_create(
        [Conversation(our_number=our_number, participants_key=key, last_at=at)],
        ignore_conflicts=True,
    )
    return threads.get()


def note_last(message: Message) -> None:
    """Show the message as its thread's last line, unless a later one is there already."""
    values = {
        "last_text": message.text[:200],
        "last_at": message.created_at,
        "last_status": message.status,
        "last_direction": message.direction,
    }
    is_inbound = message.direction == Message.Direction.IN
    if is_inbound:  # the last of all is the last inbound one, too
        values["last_inbound_at"] = message.created_at
    shown = Conversation.objects.filter(
        Q(last_at__lte=message.created_at) | Q(last_status=""), pk=message.conversation_id
    ).update(**values)
    if is_inbound and not shown:
        Conversation.objects.filter(
            Q(last_inbound_at=None) | Q(last_inbound_at__lt=message.created_at),
            pk=message.conversation_id,
        ).update(last_inbound_at=message.created_at)


def is_last(message: Message) -> bool:
    """Tell whether the list shows this message, as far as its thread's row was read."""
    thread = message.conversation
    return thread.last_at == message.created_at and thread.last_direction == Message.Direction.OUT


def note_status(message: Message) -> None:
    """Refresh the status in the list when the message is still its thread's last line."""
    Conversation.objects.filter(
        pk=message.conversation_id,
        last_at=message.created_at,
        last_direction=Message.Direction.OUT,
    ).update(last_status=message.status)
