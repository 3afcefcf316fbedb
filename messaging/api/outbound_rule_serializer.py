"""An outbound rule as one document: its conditions and its routes in order."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from messaging.api.fields import PLATFORM, ProviderField, tenant_of
from messaging.models import BusinessHours, OutboundRoute, OutboundRule, RingGroup
from messaging.outbound.rules import judging
from messaging.outbound.rules.judging import RuleProblem
from messaging.outbound.rules.storing import RouteValues, store_routes
from tenants.api.fields import KnownFields, RowField

_LISTS = ("number_prefixes", "extensions", "lengths")


class HoursField(RowField):
    """Business hours by id."""

    def get_queryset(self) -> Any:
        return BusinessHours.objects.all()


class AccountField(ProviderField):
    """Id of an SMS/MMS configuration, or "platform"."""

    def to_representation(self, value: Any) -> Any:
        return value.configuration_id or PLATFORM


@extend_schema_field(OpenApiTypes.STR)
class GroupField(serializers.Field[Any, Any, str, Any]):
    """Ring group by its number."""

    def to_internal_value(self, data: Any) -> RingGroup:
        number = str(data) if isinstance(data, str | int) else ""
        # Only digits reach the database, which takes no NUL.
        found = RingGroup.objects.filter(number=number).first() if number.isdecimal() else None
        if found is None:
            raise serializers.ValidationError("There is no ring group of this number.")
        return found

    def to_representation(self, value: RingGroup) -> str:
        return value.number


class GroupsField(serializers.ListField):
    """Ring groups by their numbers."""

    def get_attribute(self, instance: Any) -> Any:
        return list(instance.user_groups.all())


class OutboundRouteSerializer(KnownFields, serializers.ModelSerializer[OutboundRoute]):
    """One way out; routes are tried in the order of the list."""

    account = AccountField(
        help_text=f'Id of an SMS/MMS configuration, or "{PLATFORM}".',
    )
    sender = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=40,
        help_text="A number of the account. Empty = the text's own where the account has it, else"
        " the account's default.",
    )
    strip = serializers.IntegerField(
        required=False, min_value=0, max_value=9, help_text="Digits to leave out in front."
    )
    prepend = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=40,
        help_text="Digits to put in front after that. The result has a country code.",
    )

    class Meta:
        model = OutboundRoute
        fields = ["account", "sender", "strip", "prepend", "enabled"]


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "New York by two accounts",
            {
                "name": "New York",
                "enabled": True,
                "priority": 100,
                "number_prefixes": "1212;1646",
                "extensions": "100-199;301",
                "lengths": "11",
                "user_groups": [],
                "hours": None,
                "strategy": "prioritized",
                "routes": [
                    {"account": 1, "sender": "+12125550100"},
                    {"account": "platform", "strip": 0, "prepend": ""},
                ],
            },
            request_only=True,
        )
    ]
)
class OutboundRuleSerializer(KnownFields, serializers.ModelSerializer[OutboundRule]):
    """A rule; all conditions it gives must hold."""

    number_prefixes = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=64,
        help_text="Beginnings of the number with its country code, joined by `;`: 1212;44.",
    )
    extensions = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="The sender's extension: 100-200;301.",
    )
    lengths = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=64,
        help_text="Digits of the number with its country code: 11 in the USA and Canada.",
    )
    user_groups = GroupsField(
        child=GroupField(),
        required=False,
        max_length=50,
        help_text="Numbers of ring groups; the sender's extension is in one of them.",
    )
    hours = HoursField(
        required=False,
        allow_null=True,
        help_text="Business hours outside which, and on holidays, the rule does not hold. null ="
        " it always does.",
    )
    priority = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2_147_483_647,
        help_text="Of the rules that hold the lowest wins, of equals the older. Left out = 1000.",
    )
    routes = OutboundRouteSerializer(
        many=True, help_text=f"1 to {judging.MOST_ROUTES}, in their order."
    )

    class Meta:
        model = OutboundRule
        fields = [
            "id",
            "name",
            "enabled",
            "priority",
            "number_prefixes",
            "extensions",
            "lengths",
            "user_groups",
            "hours",
            "strategy",
            "routes",
        ]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Judge the conditions together: one that stays counts as one that is sent."""
        rule = self.instance
        try:
            for field in _LISTS:
                if field in attrs:
                    attrs[field] = judging.judge_list(field, attrs[field])
            lists = {name: attrs.get(name, getattr(rule, name, "")) for name in _LISTS}
            groups = attrs.get("user_groups")
            if groups is None and isinstance(rule, OutboundRule):
                groups = list(rule.user_groups.all())
            judging.check_conditions(lists, has_groups=bool(groups))
        except RuleProblem as problem:
            raise serializers.ValidationError({problem.field: [problem.message]}) from problem
        if "routes" in attrs:
            attrs["routes"] = self._routes(attrs["routes"])
        return attrs

    def create(self, validated_data: dict[str, Any]) -> OutboundRule:
        return self._save(OutboundRule(), validated_data)

    def update(self, instance: OutboundRule, validated_data: dict[str, Any]) -> OutboundRule:
        return self._save(instance, validated_data)

    @transaction.atomic
    def _save(self, rule: OutboundRule, values: dict[str, Any]) -> OutboundRule:
        routes = values.pop("routes", None)
        groups = values.pop("user_groups", None)
        for name, value in values.items():
            setattr(rule, name, value)
        rule.save()
        if groups is not None:
            rule.user_groups.set(groups)
        if routes is not None:
            store_routes(rule, routes)
        # Read anew: what was prefetched is from before.
        return OutboundRule.objects.get(pk=rule.pk)

    def _routes(self, sent: list[dict[str, Any]]) -> list[RouteValues]:
        if not sent:
            raise serializers.ValidationError({"routes": [judging.NO_ROUTE]})
        if len(sent) > judging.MOST_ROUTES:
            raise serializers.ValidationError({"routes": [judging.TOO_MANY_ROUTES]})
        found: list[RouteValues] = []
        problems: dict[str, dict[str, list[str]]] = {}
        for place, each in enumerate(sent):
            try:
                found.append(self._route(each))
            except RuleProblem as problem:
                problems[str(place)] = {problem.field: [problem.message]}
        if problems:
            raise serializers.ValidationError({"routes": problems})
        return found

    def _route(self, sent: dict[str, Any]) -> RouteValues:
        configuration = sent["account"]
        if configuration is None:
            rule = self.instance
            had = isinstance(rule, OutboundRule) and any(
                route.configuration_id is None for route in rule.routes.all()
            )
            judging.check_platform(was_chosen=had)
        return RouteValues(
            configuration=configuration,
            sender=judging.judge_sender(tenant_of(self), configuration, sent.get("sender", "")),
            strip=sent.get("strip", 0),
            prepend=judging.judge_prepend(sent.get("prepend", "")),
            enabled=sent.get("enabled", True),
        )
