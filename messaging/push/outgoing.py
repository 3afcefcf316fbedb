"""Telling people of one inbound text."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from messaging import queue
from messaging.models import Message, NotificationChoice, PushSubscription
from messaging.push import audience, keys
from messaging.push.content import hides_text, notice_of, senders, trial
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


def push(message_id: UUID) -> None:
    """Send the notifications of an inbound text to whoever should have them now."""
    key = keys.signing_key()
    message = (
        Message.objects.select_related("conversation__extension")
        .filter(pk=message_id, direction=Message.Direction.IN)
        .filter(created_at__gt=timezone.now() - _STALE)
        .first()
    )
    if key is None or message is None:
        return
    tenant = Tenant.objects.get(schema_name=tenant_connection.schema_name)
    sender = senders([message], tenant)[message.sender]
    parcels: list[Parcel] = []
    for user, choice in _wanting(message, tenant):
        notice = notice_of(message, sender, tenant, is_hidden=hides_text(choice, tenant))
        badge = audience.unread_of(user, tenant).count()
        parcels += [
            Parcel(subscription=device, notice=notice, badge=badge)
            for device in PushSubscription.objects.filter(user=user)
        ]
    deliver(parcels, key)


def send_trial(device: PushSubscription, tenant: Tenant) -> Answer | None:
    """Send a test to one device and return the push service's answer; None = push is off."""
    key = keys.signing_key()
    if key is None:
        return None
    (answer,) = deliver([Parcel(subscription=device, notice=trial(tenant))], key)
    return answer


def _wanting(message: Message, tenant: Tenant) -> list[tuple[User, NotificationChoice | None]]:
    people = audience.listeners(message.conversation, tenant)
    choices = {c.user_id: c for c in NotificationChoice.objects.filter(user__in=people)}
    now = timezone.now()
    return [
        (user, choices.get(user.pk))
        for user in people
        if wants_notice(choices.get(user.pk), now, tenant.timezone)
    ]
