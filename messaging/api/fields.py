"""Fields of the API's serializers that know the tenant."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from messaging.models import Extension, RingGroup, SmsConfiguration
from tenants.api.fields import RowField
from tenants.models import Tenant, Trunk
from tenants.numbers import NotAPhoneNumber, to_e164

PLATFORM = "platform"


def tenant_of(field: serializers.Field[Any, Any, Any, Any]) -> Tenant:
    """Return the tenant of the request that a field or serializer works for."""
    tenant: Tenant = field.context["view"].tenant
    return tenant


class NumberField(serializers.CharField):
    """Phone number: any usual form in, E.164 (or a short code) out."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not text:
            return text
        try:
            return to_e164(text, country=tenant_of(self).country, short_codes=True)
        except NotAPhoneNumber as error:
            raise serializers.ValidationError(str(error)) from error


@extend_schema_field(OpenApiTypes.INT)
class TrunkField(RowField):
    """Trunk of the tenant, or of the platform."""

    def get_queryset(self) -> QuerySet[Trunk]:
        mine = Q(tenant=None) | Q(tenant_id=tenant_of(self).pk)
        usable = Q(enabled=True, provider__in=settings.PROVIDERS)
        saved = getattr(self.parent, "instance", None)
        if isinstance(saved, SmsConfiguration):
            usable |= Q(pk=saved.trunk_id)  # what was read can be sent back
        return Trunk.objects.filter(mine & usable)


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string", "enum": [PLATFORM]}]})
class ProviderField(RowField):
    """Id of an SMS/MMS configuration, or "platform" for the platform's own account."""

    def get_queryset(self) -> QuerySet[SmsConfiguration]:
        return SmsConfiguration.objects.select_related("trunk")

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Read "platform" as no configuration."""
        if data == PLATFORM:
            return None
        return super().run_validation(data)

    def get_attribute(self, instance: Any) -> Any:
        return instance

    def to_representation(self, value: Any) -> Any:
        return value.provider_id or PLATFORM


@extend_schema_field({"type": "string", "nullable": True})
class RingGroupField(serializers.Field[Any, Any, str, Any]):
    """Ring group by its number; null or "" is none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> RingGroup | None:
        number = str(data).strip() if isinstance(data, str | int) else "-"
        if not number:
            return None
        found = RingGroup.objects.filter(number=number).first() if number.isdecimal() else None
        if found is None:
            raise serializers.ValidationError("There is no ring group of this number.")
        return found

    def to_representation(self, value: RingGroup) -> str:
        return value.number


@extend_schema_field({"type": "string", "nullable": True})
class ExtensionField(serializers.Field[Any, Any, str, Any]):
    """Extension by its number; null or "" is nobody's."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> Extension | None:
        number = str(data).strip() if isinstance(data, str | int) else "-"
        if not number:
            return None
        # Only digits reach the database, which takes no NUL.
        found = Extension.objects.filter(number=number).first() if number.isdecimal() else None
        if found is None:
            raise serializers.ValidationError("There is no extension of this number.")
        return found

    def to_representation(self, value: Extension) -> str:
        return value.number
