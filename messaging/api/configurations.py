"""`sms-configurations/`: the tenant's own accounts with a carrier."""

from __future__ import annotations

from typing import Any

from django.db.models import ProtectedError
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import ConfigurationViewSet
from messaging.api.configuration_serializer import ConfigurationSerializer, OverlapSerializer
from messaging.configurations import check_credentials, delete_configuration
from messaging.models import SmsConfiguration
from messaging.outbound.rules.storing import needed_by
from messaging.pacing.waiting import waiting_on_each
from messaging.webhook_address import NotRenewed, end_old_address, renew_address
from tenants.api.refusals import InUse

_TEST_ANSWER = inline_serializer(
    "CredentialsTest", {"ok": serializers.BooleanField(), "detail": serializers.CharField()}
)


class SmsConfigurations(ConfigurationViewSet[SmsConfiguration]):
    """SMS/MMS configurations. Passwords are accepted, never returned."""

    queryset = SmsConfiguration.objects.select_related("trunk", "endpoint").annotate(
        waiting=waiting_on_each()
    )
    serializer_class = ConfigurationSerializer

    def perform_destroy(self, instance: SmsConfiguration) -> None:
        """Delete the account and its webhook address.

        Raises InUse, naming the numbers that need it.
        """
        try:
            delete_configuration(instance)
        except ProtectedError as error:
            settings = instance.message_settings.select_related("phone_number")
            numbers = ", ".join(str(setting.phone_number) for setting in settings[:5])
            raise InUse(
                f"Message settings use this configuration: {numbers}. Move them first."
                if numbers
                else needed_by(instance)
            ) from error

    @extend_schema(request=None, responses=_TEST_ANSWER)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, **kwargs: Any) -> Response:
        """Ask the carrier whether it takes the credentials."""
        tested = check_credentials(self.get_object())
        ok = tested.test_result == SmsConfiguration.TestResult.PASSED
        return Response({"ok": ok, "detail": tested.test_detail})

    @extend_schema(request=OverlapSerializer, responses=ConfigurationSerializer)
    @action(detail=True, methods=["post"], url_path="new-webhook")
    def new_webhook(self, request: Request, **kwargs: Any) -> Response:
        """Make another webhook address; the old one works for `days` more.

        Raises InUse while an old one still works.
        """
        asked = OverlapSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        configuration = self.get_object()
        try:
            renew_address(configuration, days=asked.validated_data["days"])
        except NotRenewed as refusal:
            raise InUse(str(refusal)) from refusal
        return Response(self.get_serializer(configuration).data)

    @extend_schema(request=None, responses=ConfigurationSerializer)
    @action(detail=True, methods=["post"], url_path="end-old-webhook")
    def end_old_webhook(self, request: Request, **kwargs: Any) -> Response:
        """End the old webhook address now; without one nothing happens."""
        configuration = self.get_object()
        end_old_address(configuration)
        return Response(self.get_serializer(configuration).data)
