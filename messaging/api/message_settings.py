"""`message-settings/`: what happens with one number's texts."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from messaging.api.base import ConfigurationViewSet
from messaging.api.fields import (
    PLATFORM,
    ExtensionField,
    NumberField,
    ProviderField,
    RingGroupField,
    tenant_of,
)
from messaging.models import Extension, MessageSetting
from messaging.number_settings import NumberProblem, resolve_number, save_setting
from messaging.number_sharing import check_sharing
from tenants.api.fields import KnownFields


class OthersField(serializers.ListField):
    """Extensions by their numbers."""

    def get_attribute(self, instance: Any) -> list[Extension]:
        """Return the rows, as the list has loaded them."""
        return list(instance.other_extensions.all())


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "The front desk's number",
            {
                "phone_number": "(919) 555-0101",
                "provider": "platform",
                "extension": "101",
                "email": "desk@acme.example",
                "description": "Front desk",
                "enabled": True,
            },
            request_only=True,
        )
    ]
)
class MessageSettingSerializer(KnownFields, serializers.ModelSerializer[MessageSetting]):
    """One number's setting; `extension` is the extension's number."""

    phone_number = NumberField(max_length=40)
    provider = ProviderField(required=False, help_text=f'Left out = "{PLATFORM}".')
    extension = ExtensionField(required=False)
    other_extensions = OthersField(
        child=ExtensionField(),
        required=False,
        help_text="Numbers of extensions that share the number's inbox with `extension`.",
    )
    ring_group = RingGroupField(
        required=False, help_text="Number of a ring group, in place of extensions."
    )

    class Meta:
        model = MessageSetting
        fields = [
            "id",
            "phone_number",
            "provider",
            "extension",
            "other_extensions",
            "ring_group",
            "email",
            "description",
            "enabled",
        ]

    def create(self, validated_data: dict[str, Any]) -> MessageSetting:
        return self._save(MessageSetting(), validated_data)

    def update(self, instance: MessageSetting, validated_data: dict[str, Any]) -> MessageSetting:
        return self._save(instance, validated_data)

    @transaction.atomic
    def _save(self, setting: MessageSetting, values: dict[str, Any]) -> MessageSetting:
        number = values.pop("phone_number", None) or str(setting.phone_number)
        others = values.pop("other_extensions", None)
        for name, value in values.items():
            setattr(setting, name, value)
        sharing = self._others(setting, others)
        try:
            setting.phone_number = resolve_number(
                tenant_of(self),
                number,
                setting.provider,
                setting=setting if setting.pk else None,
            )
            check_sharing(setting.extension, sharing, setting.ring_group)
            save_setting(setting)
        except NumberProblem as problem:
            raise serializers.ValidationError({problem.field: [problem.message]}) from problem
        if others is not None:
            setting.other_extensions.set(sharing)
        return setting

    def _others(
        self, setting: MessageSetting, given: list[Extension | None] | None
    ) -> list[Extension]:
        kept = given
        if kept is None:
            kept = list(setting.other_extensions.all()) if setting.pk else []
        return [extension for extension in kept if extension and extension != setting.extension]


class MessageSettingFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """By number or description, account, extension and switch."""

    q = filters.CharFilter(method="search", label="Part of the number or the description.")
    provider = filters.CharFilter(
        method="by_provider", label=f'Id of an SMS/MMS configuration, or "{PLATFORM}".'
    )
    extension = filters.CharFilter(
        method="by_extension", label='Number of an extension, or "none".'
    )
    ring_group = filters.CharFilter(field_name="ring_group__number", label="Its number.")

    class Meta:
        model = MessageSetting
        fields = ["enabled"]

    def search(
        self, rows: QuerySet[MessageSetting], name: str, value: str
    ) -> QuerySet[MessageSetting]:
        """Look for words in descriptions, for digits in numbers."""
        found = Q(description__icontains=value)
        if digits := "".join(c for c in value if c in "0123456789"):
            found |= Q(phone_number__number__contains=digits)
        return rows.filter(found)

    def by_provider(
        self, rows: QuerySet[MessageSetting], name: str, value: str
    ) -> QuerySet[MessageSetting]:
        """Keep one account's numbers."""
        if value == PLATFORM:
            return rows.filter(provider=None)
        is_id = value.isascii() and value.isdecimal() and len(value) < 19
        return rows.filter(provider_id=int(value)) if is_id else rows.none()

    def by_extension(
        self, rows: QuerySet[MessageSetting], name: str, value: str
    ) -> QuerySet[MessageSetting]:
        """Keep one extension's numbers, or nobody's."""
        if value == "none":
            return rows.filter(extension=None, ring_group=None)
        shared = MessageSetting.objects.filter(other_extensions__number=value).values("pk")
        return rows.filter(Q(extension__number=value) | Q(pk__in=shared))


class MessageSettings(ConfigurationViewSet[MessageSetting]):
    """Message Settings: provider, extension and e-mail of each number."""

    queryset = MessageSetting.objects.select_related(
        "phone_number", "provider__trunk", "extension", "ring_group"
    ).prefetch_related("other_extensions")
    serializer_class = MessageSettingSerializer
    filterset_class = MessageSettingFilter
