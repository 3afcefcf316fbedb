"""`messages/check/`: what a message would cost and what could be better about it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import TenantView
from messaging.api.message_serializers import (
    MAX_MEDIA,
    NumbersField,
    WarningSerializer,
    warnings_of,
)
from messaging.content.advice import Code
from messaging.outbound.check import Checked, check_message
from messaging.outbound.individually import MOST_INDIVIDUALLY
from tenants.api.fields import KnownFields
from tenants.api.permissions import IsTenantUser


class DraftSerializer(KnownFields, serializers.Serializer[Any]):
    """Message that is not to be sent yet."""

    to = NumbersField(
        child=serializers.CharField(max_length=40),
        required=False,
        default=list,
        max_length=MOST_INDIVIDUALLY,
    )
    text = serializers.CharField(
        required=False, allow_blank=True, default="", trim_whitespace=False, max_length=10_000
    )
    media = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=MAX_MEDIA
    )
    send_individually = serializers.BooleanField(required=False, default=False)
    scheduled_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    ignore_quiet_hours = serializers.BooleanField(required=False, default=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Call the sender `from`, which Python cannot."""
        sender = serializers.CharField(
            source="sender", required=False, allow_blank=True, default="", max_length=40
        )
        return {"from": sender, **super().get_fields()}


class AdviceSerializer(serializers.Serializer[Any]):
    """One thing that could be better. Nothing is ever blocked by it."""

    code = serializers.ChoiceField(choices=[code.value for code in Code])
    text = serializers.CharField()
    fix = serializers.CharField(help_text="The whole text, mended; empty = only a person can.")


class WouldRefuseSerializer(serializers.Serializer[Any]):
    """The answer that sending would get."""

    code = serializers.CharField()
    detail = serializers.CharField(source="text")


class CheckedSerializer(serializers.Serializer[Any]):
    """What would become of the message at this moment."""

    kind = serializers.ChoiceField(choices=["sms", "mms"])
    encoding = serializers.ChoiceField(choices=["GSM-7", "UCS-2"])
    characters = serializers.IntegerField(help_text="As the segments' limits count.")
    segments = serializers.IntegerField(help_text="Of one message; an MMS is one.")
    advice = AdviceSerializer(many=True)
    would_refuse = WouldRefuseSerializer(allow_null=True)
    warnings = serializers.SerializerMethodField(
        help_text="What may become of it although it is taken, as in the answer to sending."
    )
    held_until = serializers.DateTimeField(
        allow_null=True,
        help_text="It would be taken, and wait until then: quiet hours. null = it need not wait.",
    )

    @extend_schema_field(WarningSerializer(many=True))
    def get_warnings(self, checked: Checked) -> list[dict[str, str]]:
        """Tell them as the answer to sending does."""
        return warnings_of(checked.caution)


class CheckMessage(TenantView):
    """Judge a message without sending it."""

    permission_classes = [IsTenantUser]
    http_method_names = ["post", "options"]

    @extend_schema(request=DraftSerializer, responses={200: CheckedSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Tell segments, advice on the text, and why it would be refused, if it would.

        It takes whatever sending takes, and judges by the same rules.
        Nothing is stored. Advice never blocks: only `would_refuse` says that sending fails.
        """
        data = DraftSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        wanted = data.validated_data
        checked = check_message(
            user=self.person,
            role=self.role,
            tenant=self.tenant,
            sender=wanted["sender"],
            recipients=wanted["to"],
            text=wanted["text"],
            attachment_ids=wanted["media"],
            individually=wanted["send_individually"],
            scheduled_at=wanted["scheduled_at"],
            expires_at=wanted["expires_at"],
            ignore_quiet_hours=wanted["ignore_quiet_hours"],
        )
        return Response(CheckedSerializer(checked).data)
