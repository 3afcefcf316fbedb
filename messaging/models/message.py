"""Messages, and what became of them."""

from __future__ import annotations

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models

from messaging.models.broadcast import Broadcast
from messaging.models.configuration import SmsConfiguration
from messaging.models.conversation import Conversation
from messaging.models.outbound_rule import OutboundRule
from providers.types import FailureReason
from tenants.models import User


class Status(models.TextChoices):
    """State of a message or recipient; RANK says which may follow which."""

    RECEIVED = "received", "Received"
    SCHEDULED = "scheduled", "Scheduled"
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    UNCONFIRMED = "unconfirmed", "Not confirmed"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "Canceled"


# Receipts come late, twice and out of order: a status only gives way to a higher rank. Failed is
# above all but delivered, which is proof.
RANK: dict[str, int] = {
    Status.SCHEDULED: 0,
    Status.QUEUED: 1,
    Status.SENDING: 2,
    Status.SENT: 3,
    Status.UNCONFIRMED: 4,
    Status.FAILED: 5,
    Status.DELIVERED: 6,
}


class Message(models.Model):
    """One text or MMS. The carrier keeps no copy: this row is the only one."""

    class Direction(models.TextChoices):
        IN = "in", "In"
        OUT = "out", "Out"

    class Kind(models.TextChoices):
        SMS = "sms", "SMS"
        MMS = "mms", "MMS"

    class Origin(models.TextChoices):
        PERSON = "person", "Person"
        BROADCAST = "broadcast", "Broadcast"
        AUTO_REPLY = "auto_reply", "Auto-reply"
        CONSENT = "consent", "Answer to a consent word"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own, here and below, where another begins with it: each is written once for
    # every message that comes, goes or changes.
    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    direction = models.CharField(max_length=3, choices=Direction.choices)
    kind = models.CharField(max_length=3, choices=Kind.choices, default=Kind.SMS)
    status = models.CharField(max_length=12, choices=Status.choices)
    sender = models.CharField(max_length=16)
    text = models.TextField(blank=True)
    segment_count = models.PositiveSmallIntegerField(default=1)
    encoding = models.CharField(max_length=5, default="GSM-7")  # or UCS-2
    consent_keyword = models.CharField(max_length=5, blank=True)  # stop, start or help
    # The account a message goes out or came in by: null = the platform's.
    configuration = models.ForeignKey(
        SmsConfiguration, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    author = models.ForeignKey(
        User,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        db_index=False,
    )
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.PERSON)
    broadcast = models.ForeignKey(
        Broadcast,
        null=True,
        on_delete=models.SET_NULL,
        related_name="messages",
        db_index=False,
    )
    # The rule that chose the account, and how many of its routes were tried in vain.
    outbound_rule = models.ForeignKey(
        OutboundRule, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    routes_tried = models.PositiveSmallIntegerField(default=0)
    provider_message_id = models.CharField(max_length=64, blank=True)
    failure_reason = models.CharField(
        max_length=20, blank=True, choices=[(r.value, r.value) for r in FailureReason]
    )
    error_code = models.CharField(max_length=40, blank=True)  # the carrier's, verbatim
    error_text = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    scheduled_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    # When to ask the carrier's own list what became of it; null = no need to.
    lookup_at = models.DateTimeField(null=True, blank=True)
    lookups = models.PositiveSmallIntegerField(default=0)
    sending_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            # Second line against duplicates, behind the webhook inbox's own.
            models.UniqueConstraint(
                fields=["direction", "provider_message_id"],
                condition=~models.Q(provider_message_id=""),
                name="provider_message_once",
            )
        ]
        indexes = [
            models.Index(fields=["conversation", "created_at"]),
            models.Index(
                fields=["next_attempt_at"],
                name="message_due",
                condition=models.Q(status__in=["scheduled", "queued", "sending"]),
            ),
            models.Index(
                fields=["sent_at"], name="message_silent", condition=models.Q(status="sent")
            ),
            models.Index(
                fields=["lookup_at"],
                name="message_lookup",
                condition=models.Q(lookup_at__isnull=False),
            ),
            models.Index(
                fields=["broadcast", "created_at"],
                name="message_of_broadcast",
                condition=models.Q(broadcast__isnull=False),
            ),
            # The log, newest first, and the needles in it.
            models.Index(fields=["-created_at", "-id"], name="message_newest"),
            models.Index(
                fields=["status", "-created_at", "-id"],
                name="message_troubled",
                condition=models.Q(status__in=["failed", "unconfirmed", "canceled"]),
            ),
            models.Index(
                fields=["failure_reason", "-created_at", "-id"],
                name="message_of_reason",
                condition=~models.Q(failure_reason=""),
            ),
            models.Index(
                fields=["error_code", "-created_at", "-id"],
                name="message_of_code",
                condition=~models.Q(error_code=""),
            ),
            models.Index(
                fields=["-created_at", "-id"],
                name="message_with_files",
                condition=models.Q(kind="mms"),
            ),
            models.Index(
                fields=["origin", "-created_at", "-id"],
                name="message_by_itself",
                condition=~models.Q(origin="person"),
            ),
            GinIndex(SearchVector("text", config="simple"), name="message_words"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class ScheduledMessage(Message):
    """Message whose time has not come, for a page of its own."""

    class Meta:
        proxy = True
        ordering = ["scheduled_at"]


class Recipient(models.Model):
    """Status of an outbound message for one of its recipients."""

    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="recipients", db_index=False
    )
    number = models.CharField(max_length=16)
    # What an outbound route made of the number, where that is something else.
    dialed = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=12, choices=Status.choices)
    error_code = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="recipient_once")]

    def __str__(self) -> str:
        return f"recipient {self.pk}"


class MessageEvent(models.Model):
    """Entry of a message's timeline; rows are only ever added."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=Status.choices)
    recipient = models.CharField(max_length=16, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    # The carrier's event that told it, a row of the public webhook log; it may be gone by now.
    webhook_event_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.status} {self.at:%H:%M:%S}"


class CarrierExchange(models.Model):
    """One request to the carrier for a message and its answer, without secrets and text."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="exchanges")
    at = models.DateTimeField()
    method = models.CharField(max_length=8)
    address = models.CharField(max_length=300)
    request = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)  # null = no answer came
    response = models.TextField(blank=True)
    milliseconds = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.method} {self.status or 'no answer'}"
