"""`push-subscriptions/` and `notification-choice/`: the caller's own notifications."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.mixins import (
    CreateModelMixin,
    DestroyModelMixin,
    ListModelMixin,
    RetrieveModelMixin,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from messaging.api.base import TenantView, TenantViewSet
from messaging.models import NotificationChoice, PushSubscription
from messaging.push import devices, keys
from messaging.push.agents import device_name
from tenants.api.fields import KnownFields
from tenants.api.permissions import IsTenantUser

OFF = "Notifications are switched off on this platform."


class KeysSerializer(KnownFields, serializers.Serializer[Any]):
    """Keys of a browser's subscription, as `PushSubscription.toJSON()` gives them."""

    p256dh = serializers.CharField(max_length=100)
    auth = serializers.CharField(max_length=100)


class NewPushSubscriptionSerializer(KnownFields, serializers.Serializer[Any]):
    """Subscription of a browser or app that takes Web Push."""

    endpoint = serializers.CharField(max_length=1000)
    keys = KeysSerializer()


class PushSubscriptionSerializer(serializers.ModelSerializer[PushSubscription]):
    """One device. Its endpoint and keys are not given back: they are the device's secrets."""

    device = serializers.SerializerMethodField()

    class Meta:
        model = PushSubscription
        fields = ["id", "device", "created_at", "last_ok_at"]

    def get_device(self, row: PushSubscription) -> str:
        """Say which browser it is."""
        return device_name(row.user_agent)


class PushSubscriptions(
    TenantViewSet[PushSubscription],
    ListModelMixin,
    CreateModelMixin,
    RetrieveModelMixin,
    DestroyModelMixin,
):
    """The caller's own devices, ten at most: a further one takes the place of the oldest."""

    permission_classes = [IsTenantUser]
    queryset = PushSubscription.objects.none()
    serializer_class = PushSubscriptionSerializer

    def get_queryset(self) -> QuerySet[PushSubscription]:
        """Return the caller's own rows only."""
        return devices.of(self.person)

    @extend_schema(
        request=NewPushSubscriptionSerializer, responses={201: PushSubscriptionSerializer}
    )
    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keep a device's subscription; the same endpoint again is the same device."""
        if keys.signing_key() is None:
            raise serializers.ValidationError({"non_field_errors": [OFF]})
        serializer = NewPushSubscriptionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields = serializer.validated_data
        device = devices.Device(
            endpoint=fields["endpoint"],
            **fields["keys"],
            user_agent=request.headers.get("User-Agent", ""),
        )
        try:
            row = devices.subscribe(self.person, device)
        except devices.DeviceRefused as refusal:
            raise serializers.ValidationError({"endpoint": [str(refusal)]}) from refusal
        return Response(self.get_serializer(row).data, status=201)

    @transaction.atomic
    def perform_destroy(self, instance: PushSubscription) -> None:
        instance.delete()


@extend_schema_field({"type": "string", "example": "22:00:00"})
class ClockField(serializers.TimeField):
    """Time of day in the tenant's zone; OpenAPI's own format wants an offset."""


class NotificationChoiceSerializer(KnownFields, serializers.ModelSerializer[NotificationChoice]):
    """What the caller is told of; quiet hours are in the tenant's time zone."""

    quiet_from = ClockField(allow_null=True)
    quiet_until = ClockField(allow_null=True)

    class Meta:
        model = NotificationChoice
        fields = ["enabled", "hide_text", "quiet_from", "quiet_until"]
        extra_kwargs = {name: {"required": True} for name in ("enabled", "hide_text")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Want both ends of the quiet hours, and some time between."""
        begin, end = attrs["quiet_from"], attrs["quiet_until"]
        if (begin is None) != (end is None):
            missing = "quiet_from" if begin is None else "quiet_until"
            raise serializers.ValidationError({missing: ["Give both ends, or null for both."]})
        if begin is not None and begin == end:
            raise serializers.ValidationError({"quiet_until": ["Beginning and end must differ."]})
        return attrs


class OwnNotificationChoice(TenantView):
    """The caller's own choice; without one, everything is told at any time."""

    permission_classes = [IsTenantUser]

    @extend_schema(
        operation_id="notification_choice_retrieve", responses=NotificationChoiceSerializer
    )
    def get(self, request: Request) -> Response:
        """Read the choice."""
        return Response(NotificationChoiceSerializer(self._choice()).data)

    @extend_schema(
        operation_id="notification_choice_update",
        request=NotificationChoiceSerializer,
        responses=NotificationChoiceSerializer,
    )
    @transaction.atomic
    def put(self, request: Request) -> Response:
        """Replace the choice."""
        serializer: BaseSerializer[NotificationChoice] = NotificationChoiceSerializer(
            data=request.data
        )
        serializer.is_valid(raise_exception=True)
        row, _ = NotificationChoice.objects.update_or_create(
            user=self.person, defaults=serializer.validated_data
        )
        return Response(NotificationChoiceSerializer(row).data)

    def _choice(self) -> NotificationChoice:
        found = NotificationChoice.objects.filter(user=self.person).first()
        return found or NotificationChoice(user=self.person)
