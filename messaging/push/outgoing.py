"""Telling people of one inbound text, or of a note that mentions them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from messaging import queue
from messaging.models import Message, Note, NotificationChoice, PushSubscription
from messaging.push import audience, keys
from messaging.push.content import (
    Notice,
    hides_text,
    mention_of,
    notice_of,
    senders,
    titles,
    trial,
)
from messaging.push.quiet import wants_notice
from messaging.push.sending import Answer, Parcel, deliver
from tenants.models import Tenant, User
from tenants.schema import tenant_connection

# A worker that was away for long does not ring for what has been read by now.
_STALE = timedelta(hours=1)


def announce(message: Message) -> None:
    """Have people told after the commit, if anybody in the tenant has a device for it."""
    if keys.signing_key() is not None and PushSubscription.objects.exists():
        queue.enqueue(queue.PUSH, message.pk)


def announce_note(note: Note) -> None:
    """Have the people a note mentions told after the commit, if anybody has a device for it."""
    if keys.signing_key() is not None and PushSubscription.objects.exists():
        queue.enqueue(queue.PUSH_NOTE, note.pk)


def push(message_id: UUID) -> None:
    """Send the notifications of an inbound text to whoever should have them now."""
    message = (
        Message.objects.select_related("conversation__extension")
        .filter(pk=message_id, direction=Message.Direction.IN)
        .filter(created_at__gt=timezone.now() - _STALE)
        .first()
    )
    if message is None:
        return
    tenant = _tenant()
    sender = senders([message], tenant)[message.sender]
    _tell(
        audience.listeners(message.conversation, tenant),
        lambda is_hidden: notice_of(message, sender, tenant, is_hidden=is_hidden),
        tenant,
    )


def push_note(note_id: int) -> None:
    """Send the notifications of a note to the colleagues it mentions."""
    note = (
        Note.objects.select_related("conversation", "author")
        .filter(pk=note_id, created_at__gt=timezone.now() - _STALE)
        .first()
    )
    if note is None:
        return
    tenant = _tenant()
    title = titles([note.conversation], tenant)[note.conversation_id]
    _tell(
        audience.mentioned(note, tenant),
        lambda is_hidden: mention_of(note, title, tenant, is_hidden=is_hidden),
        tenant,
    )


def send_trial(device: PushSubscription, tenant: Tenant) -> Answer | None:
    """Send a test to one device and return the push service's answer; None = push is off."""
    key = keys.signing_key()
    if key is None:
        return None
    (answer,) = deliver([Parcel(subscription=device, notice=trial(tenant))], key)
    return answer


def _tenant() -> Tenant:
    tenant: Tenant = Tenant.objects.get(schema_name=tenant_connection.schema_name)
    return tenant


def _tell(people: list[User], write: Callable[[bool], Notice], tenant: Tenant) -> None:
    """Send a notice to the devices of those who want it now; `write` is told whether to hide."""
    key = keys.signing_key()
    if key is None:
        return
    parcels: list[Parcel] = []
    for user, choice in _wanting(people, tenant):
        notice = write(hides_text(choice, tenant))
        badge = audience.unread_of(user, tenant).count()
        parcels += [
            Parcel(subscription=device, notice=notice, badge=badge)
            for device in PushSubscription.objects.filter(user=user)
        ]
    deliver(parcels, key)


def _wanting(people: list[User], tenant: Tenant) -> list[tuple[User, NotificationChoice | None]]:
    choices = {c.user_id: c for c in NotificationChoice.objects.filter(user__in=people)}
    now = timezone.now()
    return [
        (user, choices.get(user.pk))
        for user in people
        if wants_notice(choices.get(user.pk), now, tenant.timezone)
    ]
