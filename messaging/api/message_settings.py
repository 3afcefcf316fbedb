"""`message-settings/`: what happens with one number's texts."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework import serializers

from messaging.api.base import ConfigurationViewSet
from messaging.api.fields import (
    PLATFORM,
    ExtensionField,
    KnownFields,
    NumberField,
    ProviderField,
    tenant_of,
)
from messaging.models import MessageSetting
from messaging.number_settings import NumberProblem, resolve_number, save_setting


class MessageSettingSerializer(KnownFields, serializers.ModelSerializer[MessageSetting]):
    """One number's setting; `extension` is the extension's number."""

    phone_number = NumberField(max_length=40)
    provider = ProviderField(required=False, help_text=f'Left out = "{PLATFORM}".')
    extension = ExtensionField(required=False)

    class Meta:
        model = MessageSetting
        fields = ["id", "phone_number", "provider", "extension", "email", "description", "enabled"]

    def create(self, validated_data: dict[str, Any]) -> MessageSetting:
        return self._save(MessageSetting(), validated_data)

    def update(self, instance: MessageSetting, validated_data: dict[str, Any]) -> MessageSetting:
        return self._save(instance, validated_data)

    @transaction.atomic
    def _save(self, setting: MessageSetting, values: dict[str, Any]) -> MessageSetting:
        number = values.pop("phone_number", None) or str(setting.phone_number)
        for name, value in values.items():
            setattr(setting, name, value)
        try:
            setting.phone_number = resolve_number(
                tenant_of(self),
                number,
                setting.provider,
                setting=setting if setting.pk else None,
            )
            return save_setting(setting)
        except NumberProblem as problem:
            raise serializers.ValidationError({problem.field: [problem.message]}) from problem


class MessageSettings(ConfigurationViewSet[MessageSetting]):
    """Message Settings: provider, extension and e-mail of each number."""

    queryset = MessageSetting.objects.select_related("phone_number", "provider__trunk", "extension")
    serializer_class = MessageSettingSerializer
