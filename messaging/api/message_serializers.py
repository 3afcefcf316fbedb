"""A message as JSON, and what is sent in to make one."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers

from messaging.api.attachments import AttachmentSerializer
from messaging.delivery.wording import told
from messaging.models import Message, MessageEvent, Recipient
from messaging.outbound.individually import MOST_INDIVIDUALLY
from providers.types import FailureReason
from tenants.api.fields import KnownFields

MAX_MEDIA = 10


def with_parts(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Fetch everything that the JSON of messages shows, in a fixed number of queries."""
    return messages.select_related("conversation").prefetch_related(
        "recipients", "attachments", "events"
    )


class RecipientSerializer(serializers.ModelSerializer[Recipient]):
    """What became of the message for one recipient."""

    class Meta:
        model = Recipient
        fields = ["number", "status", "error_code"]


class EventSerializer(serializers.ModelSerializer[MessageEvent]):
    """Entry of the timeline; `words` tell a person what it means."""

    words = serializers.SerializerMethodField()

    class Meta:
        model = MessageEvent
        fields = ["at", "status", "recipient", "error_code", "detail", "words"]

    def get_words(self, event: MessageEvent) -> str:
        """Say it in one sentence."""
        return told(event)


class WarningSerializer(serializers.Serializer[Any]):
    """What may become of a message that was taken all the same."""

    code = serializers.ChoiceField(choices=["unregistered"])
    detail = serializers.CharField()


def warnings_of(caution: str) -> list[dict[str, str]]:
    """Tell what the sender's state may do to a message; "" = nothing."""
    return [{"code": "unregistered", "detail": caution}] if caution else []


class MessageSerializer(serializers.ModelSerializer[Message]):
    """One message with its recipients, media and timeline."""

    to = serializers.SerializerMethodField(help_text="Ours, where the message came in.")
    media = AttachmentSerializer(source="attachments", many=True)
    recipients = RecipientSerializer(many=True)
    events = EventSerializer(many=True)
    failure_reason = serializers.ChoiceField(
        choices=[reason.value for reason in FailureReason],
        allow_blank=True,
        read_only=True,
        help_text="Why it failed; empty = it did not.",
    )

    outbound_rule = serializers.IntegerField(
        source="outbound_rule_id",
        allow_null=True,
        help_text="Id of the rule it left by, as its timeline tells; null = none.",
    )
    broadcast = serializers.UUIDField(
        source="broadcast_id", allow_null=True, help_text="Id of the broadcast it is part of."
    )
    warnings = serializers.SerializerMethodField(
        help_text="In the answer to sending: what may become of it. Empty everywhere else."
    )

    class Meta:
        model = Message
        fields = [
            "id",
            "conversation",
            "direction",
            "origin",
            "kind",
            "status",
            "sender",
            "to",
            "text",
            "media",
            "segment_count",
            "encoding",
            "failure_reason",
            "error_code",
            "error_text",
            "provider_message_id",
            "created_at",
            "sent_at",
            "delivered_at",
            "scheduled_at",
            "expires_at",
            "outbound_rule",
            "broadcast",
            "recipients",
            "events",
            "warnings",
        ]
        read_only_fields = fields

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Call the sender `from`, which Python cannot."""
        fields = super().get_fields()
        sender = serializers.CharField(source="sender", read_only=True)
        return {
            **{("from" if name == "sender" else name): field for name, field in fields.items()},
            "from": sender,
        }

    @extend_schema_field(WarningSerializer(many=True))
    def get_warnings(self, message: Message) -> list[dict[str, str]]:
        """Tell what the sender's state may do to the message; asked only where it was just sent."""
        cautions: dict[str, str] = self.context.get("cautions", {})
        return warnings_of(cautions.get(message.sender, ""))

    def get_to(self, message: Message) -> list[str]:
        """Tell whom the message was addressed to."""
        if message.direction == Message.Direction.IN:
            return [message.conversation.our_number]
        return [recipient.number for recipient in message.recipients.all()]


class NumbersField(serializers.ListField):
    """List of numbers; a single one may come bare."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value([data] if isinstance(data, str) else data)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A text now",
            {"from": "+19195550101", "to": ["+15125550300"], "text": "Your crown is ready."},
            request_only=True,
        ),
        OpenApiExample(
            "To each of several, tomorrow, with a picture",
            {
                "to": ["+15125550300", "+15125550301"],
                "text": "We are closed on Friday.",
                "media": ["93de2206-9669-4e07-948d-329f4b722ee2"],
                "scheduled_at": "2026-12-01T08:00:00-05:00",
                "send_individually": True,
            },
            request_only=True,
        ),
    ]
)
class NewMessageSerializer(KnownFields, serializers.Serializer[Message]):
    """Message to send."""

    to = NumbersField(
        child=serializers.CharField(max_length=40),
        allow_empty=False,
        max_length=MOST_INDIVIDUALLY,
        help_text="Numbers in any usual form. Several make a group, unless sent individually.",
    )
    text = serializers.CharField(
        required=False, allow_blank=True, default="", trim_whitespace=False
    )
    media = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        default=list,
        max_length=MAX_MEDIA,
        help_text="Ids of uploads, see `media/`.",
    )
    scheduled_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    expires_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Given up if it could not be sent until then; without it, after the hours of the"
        " sending policy.",
    )
    ignore_quiet_hours = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Send it although it is night where the recipient is.",
    )
    send_individually = serializers.BooleanField(
        required=False, default=False, help_text="One message to each instead of a group."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Call the sender `from`, which Python cannot."""
        sender = serializers.CharField(
            source="sender",
            required=False,
            allow_blank=True,
            default="",
            max_length=40,
            help_text="One of your numbers. Empty = your default sender.",
        )
        return {"from": sender, **super().get_fields()}


class MessageChangeSerializer(KnownFields, serializers.Serializer[Message]):
    """What may change of a message that is scheduled."""

    text = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    scheduled_at = serializers.DateTimeField(
        required=False, help_text="At most a year ahead. To send it at once: `send-now/`."
    )
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="null = after the hours of the sending policy."
    )


class RetrySerializer(KnownFields, serializers.Serializer[Message]):
    """How a message is to be sent again."""

    anyway = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Even if nobody knows whether it arrived: it may arrive twice.",
    )


class SentIndividuallySerializer(serializers.Serializer[Any]):
    """Messages of one request that was sent individually, in the order of `to`."""

    messages = MessageSerializer(many=True)
