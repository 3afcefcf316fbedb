"""`inbound-rules/`: where texts go that a rule says more of than their number's settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import ConfigurationViewSet
from messaging.api.fields import NumberField, tenant_of
from messaging.api.inbound_rule_serializer import InboundRuleSerializer
from messaging.inbound.where import NO_SUCH_TIME, YEARS, Answer, NotOurs, where_would_it_go
from messaging.models import InboundRule
from messaging.outbound.sender_ids import NotASender, parse_sender


class InboundRuleFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """By part of the name, trunk and switch."""

    q = filters.CharFilter(field_name="name", lookup_expr="icontains", label="Part of the name.")

    trunk = filters.CharFilter(method="by_trunk", label="Id of a trunk.")

    class Meta:
        model = InboundRule
        fields = ["enabled"]

    def by_trunk(self, rows: QuerySet[InboundRule], name: str, value: str) -> QuerySet[InboundRule]:
        """Keep one trunk's rules; which other trunks there are is nobody's to learn."""
        is_id = value.isascii() and value.isdecimal() and len(value) < 19
        return rows.filter(trunk_id=int(value)) if is_id else rows.none()


class WhereQuestion(serializers.Serializer[Any]):
    """A text that might come in."""

    number = NumberField(max_length=40, help_text="The number of ours that is texted.")
    caller = serializers.CharField(max_length=40, help_text="Who writes: a number or a name.")
    at = serializers.DateTimeField(
        required=False,
        help_text="When, by the tenant's clock where no offset is given. Left out = now.",
    )

    def validate_caller(self, caller: str) -> str:
        """Read it as carriers write it."""
        try:
            return parse_sender(caller, country=tenant_of(self).country)
        except NotASender as error:
            raise serializers.ValidationError(str(error)) from error

    def validate_at(self, at: datetime) -> datetime:
        """Keep to times that every zone has."""
        if at.year not in YEARS:
            raise serializers.ValidationError(NO_SUCH_TIME)
        return at


class LosingRule(serializers.Serializer[Any]):
    """A rule that fits, too."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    why = serializers.CharField(help_text="Why another one comes before it.")


class WhereAnswer(serializers.Serializer[Any]):
    """Where the text would go, and why."""

    rule = serializers.IntegerField(allow_null=True, help_text="The rule that decides.")
    rule_name = serializers.CharField(allow_blank=True)
    setting = serializers.IntegerField(
        allow_null=True, help_text="The number's Message Settings, which decide without a rule."
    )
    reason = serializers.CharField()
    moment = serializers.CharField(
        allow_blank=True, help_text="Advanced route, holiday or hours, in words."
    )
    when = serializers.ChoiceField(
        choices=["open", "closed", "holiday", "advanced"], allow_null=True
    )
    extensions = serializers.ListField(child=serializers.CharField(), help_text="Their numbers.")
    ring_groups = serializers.ListField(child=serializers.CharField(), help_text="Their numbers.")
    emails = serializers.ListField(child=serializers.EmailField())
    skipped = serializers.ListField(
        child=serializers.CharField(), help_text="Targets that are not there any more."
    )
    unassigned = serializers.BooleanField(help_text="It lands in the admins' list.")
    also_fit = LosingRule(many=True)


class InboundRules(ConfigurationViewSet[InboundRule]):
    """Inbound rules. They come before Message Settings; the most specific one wins."""

    queryset = InboundRule.objects.select_related("trunk", "hours").prefetch_related(
        "holidays",
        "targets__extension",
        "targets__ring_group",
        "advanced_routes",
    )
    serializer_class = InboundRuleSerializer
    filterset_class = InboundRuleFilter

    @extend_schema(
        parameters=[
            OpenApiParameter("number", str, required=True, description="Our number."),
            OpenApiParameter("caller", str, required=True, description="Who writes."),
            OpenApiParameter("at", str, description="Time of arrival; left out = now."),
        ],
        responses=WhereAnswer,
    )
    @action(detail=False, pagination_class=None, filterset_class=None)
    def where(self, request: Request) -> Response:
        """Tell where a text would go, without sending one."""
        question = WhereQuestion(data=request.query_params, context=self.get_serializer_context())
        question.is_valid(raise_exception=True)
        values = question.validated_data
        try:
            answer = where_would_it_go(
                self.tenant,
                values["number"],
                caller=values["caller"],
                at=values.get("at") or timezone.now(),
            )
        except NotOurs as error:
            raise serializers.ValidationError({"number": [str(error)]}) from error
        return Response(WhereAnswer(_answered(answer)).data)


def _answered(answer: Answer) -> dict[str, Any]:
    decision, route = answer.decision, answer.route
    by_setting = decision is None and answer.setting is not None
    return {
        "rule": decision.rule.pk if decision else None,
        "rule_name": decision.rule.name if decision else "",
        "setting": answer.setting.pk if by_setting and answer.setting else None,
        "reason": answer.reason,
        "moment": answer.moment,
        "when": decision.moment.when if decision else None,
        "extensions": [each.number for each in route.extensions],
        "ring_groups": [each.number for each in route.ring_groups],
        "emails": route.emails,
        "skipped": decision.destination.skipped if decision else [],
        "unassigned": not route.extensions and not route.ring_groups,
        "also_fit": [
            {"id": match.rule.pk, "name": match.rule.name, "why": why}
            for match, why in (decision.others if decision else ())
        ],
    }
