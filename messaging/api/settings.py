"""`settings/`: what the tenant says about itself."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import TenantView
from tenants.api.fields import KnownFields
from tenants.api.permissions import IsTenantAdmin
from tenants.models import Tenant
from tenants.retention import KEPT, second_thoughts


class SettingsSerializer(KnownFields, serializers.ModelSerializer[Tenant]):
    """The tenant's settings; the slug is for good."""

    class Meta:
        model = Tenant
        fields = [
            "name",
            "slug",
            "timezone",
            "country",
            "hide_notification_text",
            "registration_confirmed",
            *KEPT,
            "retention_from",
        ]
        read_only_fields = ["slug", "retention_from"]
        extra_kwargs = {
            "keep_messages_days": {"help_text": "Days that texts are kept; null = for ever."},
            "keep_media_days": {"help_text": "Days that files of texts are kept; null = for ever."},
            "keep_events_days": {"help_text": "Days that webhook events are kept."},
            "keep_audit_days": {"help_text": "Days that the audit trail is kept; null = for ever."},
            "retention_from": {
                "help_text": "From when on these times hold: a shorter one does a day later."
            },
        }

    def update(self, instance: Tenant, validated_data: dict[str, Any]) -> Tenant:
        # The named fields only: a suspension in between must not be taken back.
        for name, value in validated_data.items():
            setattr(instance, name, value)
        columns = second_thoughts(instance, validated_data)
        if columns:
            instance.save(update_fields=columns)
        return instance


class Settings(TenantView):
    """The one row there is."""

    permission_classes = [IsTenantAdmin]
    http_method_names = ["get", "patch", "head", "options"]

    @extend_schema(responses=SettingsSerializer)
    def get(self, request: Request) -> Response:
        """Read the settings."""
        return Response(SettingsSerializer(self.tenant).data)

    @extend_schema(request=SettingsSerializer(partial=True), responses=SettingsSerializer)
    def patch(self, request: Request) -> Response:
        """Change what is named."""
        context = {"request": request, "view": self}
        found = SettingsSerializer(self.tenant, data=request.data, partial=True, context=context)
        found.is_valid(raise_exception=True)
        found.save()
        return Response(found.data)
