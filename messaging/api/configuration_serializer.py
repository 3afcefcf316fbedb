"""An SMS/MMS configuration as JSON: secrets go in and never come out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema_field,
    extend_schema_serializer,
    inline_serializer,
)
from rest_framework import serializers

from messaging.api.fields import TrunkField, tenant_of
from messaging.configurations import create_configuration, save_configuration
from messaging.models import SmsConfiguration
from messaging.number_settings import NumberProblem, check_trunk_change, normalize_sender_id
from messaging.pacing.figures import account_pace
from messaging.pacing.waiting import waiting_on
from messaging.webhook_address import MOST_DAYS, USUAL_DAYS, old_until, old_url
from tenants.api.fields import KnownFields
from tenants.models import Trunk

_THROUGHPUT = inline_serializer(
    "Throughput",
    {
        "rate_now": serializers.FloatField(help_text="Segments per second."),
        "slowed_since": serializers.DateTimeField(allow_null=True),
        "waiting": serializers.IntegerField(help_text="Messages that are queued."),
    },
)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "An account by OAuth2",
            {
                "name": "Main account",
                "trunk": 1,
                "sender_id": "",
                "account_id": "9900001",
                "application_id": "93de2206-9669-4e07-948d-329f4b722ee2",
                "auth_method": "oauth2",
                "username": "client ID",
                "password": "client secret",
                "callback_username": "bandwidth",
                "callback_password": "a password of your own",
                "enabled": True,
                "segments_per_second": 1.0,
                "queue_seconds": 900,
            },
            request_only=True,
        )
    ]
)
class ConfigurationSerializer(KnownFields, serializers.ModelSerializer[SmsConfiguration]):
    """One account; the callback credentials live on its webhook endpoint."""

    trunk = TrunkField(help_text="One of your trunks, or of the platform's.")
    sender_id = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=40,
        help_text="A number of yours in any usual form, or a name. Empty = the trunk's DID.",
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

    throughput = serializers.SerializerMethodField()
    old_webhook_url = serializers.SerializerMethodField()
    old_webhook_until = serializers.SerializerMethodField()

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
            "segments_per_second",
            "queue_seconds",
            "throughput",
            "webhook_url",
            "old_webhook_url",
            "old_webhook_until",
            "test_result",
            "test_detail",
            "last_inbound_at",
        ]
        read_only_fields = ["webhook_url", "test_result", "test_detail", "last_inbound_at"]

    @extend_schema_field(_THROUGHPUT)
    def get_throughput(self, configuration: SmsConfiguration) -> dict[str, Any]:
        """How fast it goes now: carriers slow an account down for minutes at times."""
        pace = account_pace(configuration)
        waiting = getattr(configuration, "waiting", None)
        return {
            "rate_now": round(pace.rate, 3),
            "slowed_since": pace.slowed_since,
            "waiting": waiting_on(configuration) if waiting is None else waiting,
        }

    def get_old_webhook_url(self, configuration: SmsConfiguration) -> str:
        """Return the address before, while it still works."""
        return old_url(configuration)

    def get_old_webhook_until(self, configuration: SmsConfiguration) -> datetime | None:
        """Return when the address before ends."""
        return old_until(configuration)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Ask for the password of a new account only."""
        fields = super().get_fields()
        fields["password"].required = self.instance is None
        return fields

    def validate_trunk(self, trunk: Trunk) -> Trunk:
        """Keep the account on the trunk of the numbers that use it."""
        try:
            check_trunk_change(self.instance or SmsConfiguration(), trunk)
        except NumberProblem as problem:
            raise serializers.ValidationError(problem.message) from problem
        return trunk

    def validate_sender_id(self, text: str) -> str:
        """Take the tenant's own numbers, short codes and sender names."""
        try:
            return normalize_sender_id(tenant_of(self), text)
        except NumberProblem as problem:
            raise serializers.ValidationError(problem.message) from problem

    def validate_callback_username(self, value: str) -> str:
        """Refuse what Basic sign-in cannot carry."""
        if ":" in value:
            raise serializers.ValidationError("A user name cannot hold a colon.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Judge what depends on more than one field."""
        self._check_sign_in(attrs)
        self._pair_callback(attrs)
        return attrs

    def _check_sign_in(self, attrs: dict[str, Any]) -> None:
        saved = self.instance
        moved = saved is not None and attrs.get("auth_method", saved.auth_method) != (
            saved.auth_method
        )
        # The secret of one method is not the other's.
        if moved and not attrs.get("password"):
            raise serializers.ValidationError({"password": ["Give the secret of this method."]})

    def _pair_callback(self, attrs: dict[str, Any]) -> None:
        # Half a pair would lock the door for the carrier or leave it open.
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


class OverlapSerializer(serializers.Serializer[Any]):
    """For how long an old webhook address goes on working."""

    days = serializers.IntegerField(
        default=USUAL_DAYS,
        min_value=0,
        max_value=MOST_DAYS,
        help_text="0 = it ends at once, for an address that others know.",
    )
