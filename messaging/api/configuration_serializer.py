"""An SMS/MMS configuration as JSON: secrets go in and never come out."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from rest_framework import serializers

from messaging.api.fields import KnownFields, NumberField, TrunkField, tenant_of
from messaging.configurations import create_configuration, save_configuration
from messaging.models import SmsConfiguration
from tenants.models import PhoneNumber


class ConfigurationSerializer(KnownFields, serializers.ModelSerializer[SmsConfiguration]):
    """One account; the callback credentials live on its webhook endpoint."""

    trunk = TrunkField(help_text="One of your trunks, or of the platform's.")
    sender_id = NumberField(
        required=False,
        allow_blank=True,
        max_length=40,
        help_text="Empty = the main number of the trunk.",
    )
    username = serializers.CharField(
        max_length=200, help_text="User name, API token or OAuth2 client ID."
    )
    password = serializers.CharField(
        write_only=True,
        max_length=500,
        trim_whitespace=False,
        help_text="Password, API secret or client secret. Left out in a change: kept.",
    )
    callback_username = serializers.CharField(
        source="endpoint.callback_username",
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="What the carrier presents at the webhook. Empty = nothing is asked for.",
    )
    callback_password = serializers.CharField(
        source="endpoint.callback_password",
        write_only=True,
        required=False,
        allow_blank=True,
        max_length=500,
        trim_whitespace=False,
    )

    class Meta:
        model = SmsConfiguration
        fields = [
            "id",
            "name",
            "trunk",
            "sender_id",
            "account_id",
            "application_id",
            "auth_method",
            "username",
            "password",
            "callback_username",
            "callback_password",
            "enabled",
            "webhook_url",
            "test_result",
            "test_detail",
            "last_inbound_at",
        ]
        read_only_fields = ["webhook_url", "test_result", "test_detail", "last_inbound_at"]

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Ask for the password of a new account only."""
        fields = super().get_fields()
        fields["password"].required = self.instance is None
        return fields

    def validate_sender_id(self, number: str) -> str:
        """Refuse a number that is not the tenant's, in words that do not say whose it is."""
        foreign = ~Q(tenant_id=tenant_of(self).pk) | Q(tenant=None)
        if number and PhoneNumber.objects.filter(foreign, number=number).exists():
            raise serializers.ValidationError("This number is already in use.")
        return number

    def validate_callback_username(self, value: str) -> str:
        """Refuse what Basic sign-in cannot carry."""
        if ":" in value:
            raise serializers.ValidationError("A user name cannot hold a colon.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take callback credentials as a pair: half of one would open the door or lock it."""
        endpoint = self.instance.endpoint if self.instance else None
        given = attrs.get("endpoint", {})
        username = given.get("callback_username", endpoint.callback_username if endpoint else "")
        password = given.get("callback_password", endpoint.callback_password if endpoint else "")
        if username and not password:
            raise serializers.ValidationError({"callback_password": ["Give a password, too."]})
        if given.get("callback_password") and not username:
            raise serializers.ValidationError({"callback_username": ["Give a user name, too."]})
        if not username and password:
            attrs["endpoint"] = {**given, "callback_password": ""}
        return attrs

    def create(self, validated_data: dict[str, Any]) -> SmsConfiguration:
        callback = validated_data.pop("endpoint", {})
        return create_configuration(tenant_of(self), SmsConfiguration(**validated_data), **callback)

    def update(
        self, instance: SmsConfiguration, validated_data: dict[str, Any]
    ) -> SmsConfiguration:
        callback = validated_data.pop("endpoint", {})
        for name, value in validated_data.items():
            setattr(instance, name, value)
        return save_configuration(instance, **callback)
