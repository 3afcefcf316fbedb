"""Receiving: an inbound message becomes a row of its conversation, once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from messaging import queue, segments
from messaging.conversations import conversation_with
from messaging.delivery import timeline
from messaging.inbound import auto_replies, consent_words
from messaging.inbound.files import expect_files
from messaging.inbound.placing import place
from messaging.inbound.routing import Route, route_for
from messaging.models import Conversation, MailDelivery, Message, SmsConfiguration
from messaging.models.message import Status
from messaging.plaintext import storable
from messaging.push.outgoing import announce
from providers.types import InboundMessage
from tenants.models import Tenant

_LAST_INBOUND_EVERY = timedelta(seconds=10)
SAME_REQUEST = timedelta(milliseconds=1)


@transaction.atomic
def receive_message(
    tenant: Tenant,
    event: InboundMessage,
    configuration: SmsConfiguration | None,
    *,
    received_at: datetime | None = None,
    webhook_event_id: int | None = None,
    met_faults: bool = False,
) -> Message | None:
    """Store the message and set off what follows from it; None = it was here already.

    Runs in the tenant's schema. A number without Message Settings, or with settings switched
    off, still has its texts stored: unassigned, without e-mail. One that `met_faults` before is
    stored like that whatever rules and settings say, and not answered: better there than lost.
    """
    at = received_at or timezone.now()
    route = Route()
    if not met_faults:
        route = route_for(tenant, event.our_number, caller=event.sender, at=at)
    others = _others(event)
    conversation = conversation_with(event.our_number, others, at=at)
    message = _message(event, conversation, others=others, at=_after_last(conversation, at))
    message.configuration = configuration
    if not _insert(message):
        transaction.set_rollback(True)  # with the conversation, had it been made for this
        return None
    timeline.record(
        message, Status.RECEIVED, at=message.created_at, webhook_event_id=webhook_event_id
    )
    _know_handler(conversation, route)
    place(conversation, route, message)
    expect_files(message, event.media_urls)
    for address in route.emails:
        _mail(message, address)
    announce(message)
    if configuration is not None:
        _note_inbound(configuration, at)
    _answer(tenant, message, silently=met_faults)
    return message


def _know_handler(conversation: Conversation, route: Route) -> None:
    # Read with the route already, mostly: whoever is told of the text need not be read again.
    for extension in route.extensions:
        if extension.pk == conversation.extension_id:
            conversation.extension = extension


def _others(event: InboundMessage) -> set[str]:
    return {event.sender, *event.recipients} - {event.our_number} or {event.sender}


def _after_last(conversation: Conversation, at: datetime) -> datetime:
    # The events of one webhook request share their time of receipt: keep them in its order.
    if conversation.last_status and at <= conversation.last_at < at + SAME_REQUEST:
        return conversation.last_at + timedelta(microseconds=1)
    return at


def _message(
    event: InboundMessage, conversation: Conversation, *, others: set[str], at: datetime
) -> Message:
    text = storable(event.text)
    is_mms = bool(event.media_urls) or len(others) > 1
    return Message(
        conversation=conversation,
        direction=Message.Direction.IN,
        kind=Message.Kind.MMS if is_mms else Message.Kind.SMS,
        status=Status.RECEIVED,
        sender=event.sender,
        text=text,
        segment_count=max(1, min(event.segment_count, 999)),
        encoding=segments.measure(text).encoding,
        consent_keyword=consent_words.word_of(
            text, our_number=event.our_number, sender=event.sender, in_group=len(others) > 1
        ),
        provider_message_id=event.provider_message_id,
        created_at=at,
    )


def _insert(message: Message) -> bool:
    Message.objects.bulk_create([message], ignore_conflicts=True)
    return Message.objects.filter(pk=message.pk).exists()


def _answer(tenant: Tenant, message: Message, *, silently: bool) -> None:
    # Last of all, so that the answer comes after the text wherever both are shown.
    if message.consent_keyword:
        consent_words.follow(tenant, message, silently=silently)
    elif not silently:
        auto_replies.reply(tenant, message)


def _mail(message: Message, address: str) -> None:
    mail = MailDelivery.objects.create(
        message=message, address=address, next_attempt_at=timezone.now()
    )
    queue.enqueue(queue.SEND_MAIL, mail.pk)


def is_worth_noting(shown: datetime | None, at: datetime) -> bool:
    """Tell whether a configuration's last text is so much newer than the shown one.

    Not at each text: one row per configuration would be rewritten all day.
    """
    return shown is None or at - shown >= _LAST_INBOUND_EVERY


def _note_inbound(configuration: SmsConfiguration, at: datetime) -> None:
    if not is_worth_noting(configuration.last_inbound_at, at):
        return
    configuration.last_inbound_at = at
    SmsConfiguration.objects.filter(
        Q(last_inbound_at=None) | Q(last_inbound_at__lt=at - _LAST_INBOUND_EVERY),
        pk=configuration.pk,
    ).update(last_inbound_at=at)
