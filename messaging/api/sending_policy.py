"""`sending-policy/`: what the company has decided about all it sends."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import TenantView
from messaging.hours import quiet as quiet_hours
from messaging.models import SendingPolicy
from tenants.api.fields import KnownFields
from tenants.api.permissions import IsTenantAdmin

_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"


@extend_schema_field({"type": "string", "example": "21:00", "pattern": _CLOCK})
class ClockField(serializers.TimeField):
    """Time of day by whoever's clock; an offset would mean nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%H:%M", "%H:%M:%S"], **kwargs)


class SendingPolicySerializer(KnownFields, serializers.ModelSerializer[SendingPolicy]):
    """The policy. Quiet hours are by the recipient's clock, as its area code tells it."""

    quiet_from = ClockField(required=False)
    quiet_until = ClockField(required=False)

    class Meta:
        model = SendingPolicy
        fields = [
            "unregistered",
            "quiet_hours",
            "quiet_from",
            "quiet_until",
            "expire_hours",
            "sender_name",
        ]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse quiet hours without a length."""
        names = ("quiet_hours", "quiet_from", "quiet_until")
        on, start, end = (attrs.get(name, getattr(self.instance, name)) for name in names)
        if on and start == end:
            raise serializers.ValidationError(
                {"quiet_until": ["Quiet hours need an end that is not their beginning."]}
            )
        return attrs


class Policy(TenantView):
    """The one row there is."""

    permission_classes = [IsTenantAdmin]
    http_method_names = ["get", "patch", "head", "options"]

    @extend_schema(responses=SendingPolicySerializer)
    def get(self, request: Request) -> Response:
        """Read the sending policy."""
        return Response(SendingPolicySerializer(quiet_hours.policy()).data)

    @extend_schema(request=SendingPolicySerializer(partial=True), responses=SendingPolicySerializer)
    def patch(self, request: Request) -> Response:
        """Change what is named."""
        found = SendingPolicySerializer(quiet_hours.policy(), data=request.data, partial=True)
        found.is_valid(raise_exception=True)
        found.save()
        return Response(found.data)
