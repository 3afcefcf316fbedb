"""`outbound-rules/`: which account and sender texts leave by, before Message Settings."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import ConfigurationViewSet
from messaging.api.fields import ExtensionField, NumberField, tenant_of
from messaging.api.outbound_rule_serializer import OutboundRuleSerializer
from messaging.models import OutboundRule
from messaging.outbound.refusals import SendRefused
from messaging.outbound.rules.forecast import Forecast, default_number, forecast
from messaging.outbound.sender_ids import NotASender, parse_sender


class OutboundRuleFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """By part of the name, and switch."""

    q = filters.CharFilter(field_name="name", lookup_expr="icontains", label="Part of the name.")

    class Meta:
        model = OutboundRule
        fields = ["enabled"]


class WhichQuestion(serializers.Serializer[Any]):
    """A text that might be sent."""

    to = NumberField(max_length=40)
    sender = serializers.CharField(max_length=40, required=False)
    extension = ExtensionField(required=False)
    at = serializers.DateTimeField(required=False)

    def validate_sender(self, sender: str) -> str:
        """Read it as texts carry it."""
        try:
            return parse_sender(sender, country=tenant_of(self).country)
        except NotASender as error:
            raise serializers.ValidationError(str(error)) from error


class AskedRule(serializers.Serializer[Any]):
    """A rule that was asked."""

    id = serializers.IntegerField(source="rule.pk")
    name = serializers.CharField(source="rule.name")
    holds = serializers.SerializerMethodField()
    why_not = serializers.CharField(help_text="Empty where it holds.")

    def get_holds(self, verdict: Any) -> bool:
        """Tell whether this is the rule that decides."""
        return not verdict.why_not


class Try(serializers.Serializer[Any]):
    """An account that is tried; the next one only after a failure of carrier or account."""

    position = serializers.IntegerField()
    account = serializers.CharField()
    sender = serializers.CharField()
    dialed = serializers.CharField(help_text="The number as the carrier is given it.")
    problem = serializers.CharField(help_text="Why it would be passed over; empty = it would not.")


class WhichAnswer(serializers.Serializer[Any]):
    """The way a text would take, and why."""

    sender = serializers.CharField(help_text="The number of ours that it is written from.")
    rule = serializers.IntegerField(allow_null=True, help_text="null = Message Settings decide.")
    rule_name = serializers.CharField()
    strategy = serializers.CharField(help_text="Order of the routes; empty without a rule.")
    routes = Try(many=True)
    refusal = serializers.CharField(help_text="Why it could not be sent now; empty = it could.")
    asked = AskedRule(many=True, help_text="The rules in their order, up to the one that holds.")


class OutboundRules(ConfigurationViewSet[OutboundRule]):
    """Outbound rules. They come before Message Settings; the lowest priority wins."""

    queryset = OutboundRule.objects.select_related("hours").prefetch_related(
        "user_groups", "routes"
    )
    serializer_class = OutboundRuleSerializer
    filterset_class = OutboundRuleFilter

    @extend_schema(
        parameters=[
            OpenApiParameter("to", str, required=True, description="Whom it would go to."),
            OpenApiParameter("sender", str, description="Our number; left out = the usual one."),
            OpenApiParameter("extension", str, description="Who sends; left out = nobody's."),
            OpenApiParameter("at", str, description="When; left out = now."),
        ],
        responses=WhichAnswer,
    )
    @action(detail=False, pagination_class=None, filterset_class=None)
    def which(self, request: Request) -> Response:
        """Tell which way a text would go, without sending one."""
        question = WhichQuestion(data=request.query_params, context=self.get_serializer_context())
        question.is_valid(raise_exception=True)
        values = question.validated_data
        extension = values.get("extension")
        try:
            sender = values.get("sender") or default_number(extension, self.tenant)
        except SendRefused as refusal:
            raise serializers.ValidationError({"sender": [refusal.text]}) from refusal
        found = forecast(
            tenant=self.tenant,
            extension=extension,
            number=values["to"],
            sender=sender,
            at=values.get("at") or timezone.now(),
        )
        return Response(WhichAnswer(_answered(found)).data)


def _answered(found: Forecast) -> dict[str, Any]:
    return {
        "sender": found.sender,
        "rule": found.rule.pk if found.rule else None,
        "rule_name": found.rule.name if found.rule else "",
        "strategy": found.rule.strategy if found.rule else "",
        "routes": found.steps,
        "refusal": found.refusal,
        "asked": found.verdicts,
    }
