"""An inbound rule as one document: its numbers, callers, times and targets."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema_serializer,
)
from rest_framework import serializers

from messaging.api.fields import ExtensionField, RingGroupField, tenant_of
from messaging.inbound.rules.problems import RuleProblem
from messaging.inbound.rules.ranges import DidRange
from messaging.inbound.rules.saving import (
    NO_TARGET,
    TIME_FIELDS,
    TIMES,
    Advanced,
    Target,
    When,
    judge_dids,
    judge_mask,
    judge_targets,
    judge_times,
    range_target,
    store_rule,
    usable_trunks,
)
from messaging.models import (
    AdvancedRoute,
    BusinessHours,
    Holiday,
    InboundRule,
    InboundTarget,
)
from tenants.api.fields import KnownFields, RowField
from tenants.models import Trunk

Kind = InboundTarget.Kind

_MOST_ROUTES = 50
# Which field of a target belongs to its kind.
_VALUES = {
    Kind.EXTENSION: "extension",
    Kind.RING_GROUP: "ring_group",
    Kind.EMAIL: "email",
    Kind.RANGE: "range",
}


class UsableTrunkField(RowField):
    """Trunk of the tenant, or of the platform."""

    def get_queryset(self) -> QuerySet[Trunk]:
        return usable_trunks(tenant_of(self))


class TargetSerializer(KnownFields, serializers.Serializer[Any]):
    """One place texts go to; besides `kind` it has the field of its kind, if that has one."""

    kind = serializers.ChoiceField(choices=Kind.choices)
    extension = ExtensionField(required=False)
    ring_group = RingGroupField(required=False)
    email = serializers.EmailField(required=False, max_length=254)
    range = serializers.CharField(
        required=False, max_length=30, help_text="1100-1199: as many as the rule has numbers."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Have each kind its value, and no other."""
        needed = _VALUES.get(attrs["kind"])
        if needed and not attrs.get(needed):
            raise serializers.ValidationError({needed: [f"A target “{attrs['kind']}” needs it."]})
        for name in set(_VALUES.values()) - {needed}:
            if attrs.pop(name, None):
                text = f"A target “{attrs['kind']}” has none: leave it out."
                raise serializers.ValidationError({name: [text]})
        return attrs

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown: dict[str, Any] = {"kind": instance.kind}
        match instance.kind:
            case Kind.EXTENSION:
                shown["extension"] = instance.extension.number
            case Kind.RING_GROUP:
                shown["ring_group"] = instance.ring_group.number
            case Kind.EMAIL:
                shown["email"] = instance.email
            case Kind.RANGE:
                shown["range"] = f"{instance.range_first}-{instance.range_last}"
        return shown


class AdvancedRouteSerializer(KnownFields, serializers.ModelSerializer[AdvancedRoute]):
    """Times at which the rule leads elsewhere; the lowest priority that holds wins."""

    targets = TargetSerializer(many=True)

    class Meta:
        model = AdvancedRoute
        fields = ["name", "priority", *TIME_FIELDS, "targets"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Judge the times."""
        try:
            return {**attrs, **judge_times({name: attrs.get(name, "") for name in TIME_FIELDS})}
        except RuleProblem as problem:
            raise serializers.ValidationError({problem.field: [problem.message]}) from problem

    def to_representation(self, instance: AdvancedRoute) -> dict[str, Any]:
        shown = {name: getattr(instance, name) for name in ("name", "priority", *TIME_FIELDS)}
        # Of the rule's targets, which were read in one go.
        rule: InboundRule = self.context["rule"]
        own = [each for each in rule.targets.all() if each.advanced_id == instance.pk]
        return {**shown, "targets": [TargetSerializer().to_representation(each) for each in own]}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A hundred numbers, one extension each; at night the front desk",
            {
                "name": "Patients",
                "trunk": 1,
                "did_numbers": "+19195550100-+19195550199",
                "caller_mask": "",
                "hours": None,
                "holidays": [],
                "open_targets": [{"kind": "range", "range": "1100-1199"}],
                "closed_targets": [
                    {"kind": "extension", "extension": "101"},
                    {"kind": "email", "email": "desk@acme.example"},
                ],
                "holiday_targets": [],
                "advanced_routes": [],
            },
            request_only=True,
        )
    ]
)
class InboundRuleSerializer(KnownFields, serializers.ModelSerializer[InboundRule]):
    """A rule with its targets. A list that is sent replaces the stored one."""

    trunk = UsableTrunkField()
    did_numbers = serializers.CharField(
        max_length=60, help_text="One of the tenant's numbers, or a range a-b that holds one."
    )
    caller_mask = serializers.CharField(
        max_length=400,
        required=False,
        allow_blank=True,
        help_text="Numbers, ranges a-b and patterns with * for one digit each, joined by `;`."
        " Empty = everybody.",
    )
    hours = serializers.PrimaryKeyRelatedField(
        queryset=BusinessHours.objects.all(),
        required=False,
        allow_null=True,
        help_text="null = the company's hours.",
    )
    holidays = serializers.PrimaryKeyRelatedField(
        queryset=Holiday.objects.all(),
        many=True,
        required=False,
        help_text="Empty = all of the company's, where `holiday_targets` has any.",
    )
    open_targets = TargetSerializer(many=True, required=False)
    closed_targets = TargetSerializer(
        many=True, required=False, help_text="Empty = as in office hours."
    )
    holiday_targets = TargetSerializer(
        many=True, required=False, help_text="Empty = as in office hours."
    )
    advanced_routes = AdvancedRouteSerializer(many=True, required=False)

    class Meta:
        model = InboundRule
        fields = [
            "id",
            "name",
            "enabled",
            "trunk",
            "did_numbers",
            "caller_mask",
            "hours",
            "holidays",
            "open_targets",
            "closed_targets",
            "holiday_targets",
            "advanced_routes",
        ]

    def to_representation(self, instance: InboundRule) -> dict[str, Any]:
        targets = list(instance.targets.all())
        routes = AdvancedRouteSerializer(context={**self.context, "rule": instance})
        return {
            "id": instance.pk,
            "name": instance.name,
            "enabled": instance.enabled,
            "trunk": instance.trunk_id,
            "did_numbers": str(DidRange(first=instance.did_first, last=instance.did_last)),
            "caller_mask": instance.caller_mask,
            "hours": instance.hours_id,
            "holidays": [holiday.pk for holiday in instance.holidays.all()],
            **{
                f"{when}_targets": [
                    TargetSerializer().to_representation(each)
                    for each in targets
                    if each.when == when
                ]
                for when in TIMES
            },
            "advanced_routes": [
                routes.to_representation(route) for route in instance.advanced_routes.all()
            ],
        }

    def create(self, validated_data: dict[str, Any]) -> InboundRule:
        return self._save(InboundRule(), validated_data)

    def update(self, instance: InboundRule, validated_data: dict[str, Any]) -> InboundRule:
        return self._save(instance, validated_data)

    @transaction.atomic
    def _save(self, rule: InboundRule, values: dict[str, Any]) -> InboundRule:
        tenant = tenant_of(self)
        for name in ("name", "enabled", "trunk", "hours"):
            if name in values:
                setattr(rule, name, values[name])
        try:
            typed = values.get("did_numbers")
            if typed is not None or "trunk" in values:
                stored = "" if rule.did_first is None else str(_dids(rule))
                judge_dids(tenant, rule, typed if typed is not None else stored)
            if "caller_mask" in values:
                rule.caller_mask = judge_mask(tenant, values["caller_mask"])
            targets = self._targets(rule, values)
            advanced = self._advanced(rule, values.get("advanced_routes"))
        except RuleProblem as problem:
            raise serializers.ValidationError({problem.field: [problem.message]}) from problem
        store_rule(rule, targets=targets, holidays=values.get("holidays"), advanced=advanced)
        # Read anew: what was prefetched is from before.
        return InboundRule.objects.select_related("trunk").get(pk=rule.pk)

    def _targets(self, rule: InboundRule, values: dict[str, Any]) -> dict[When, list[Target]]:
        read = {
            when: _read(values[f"{when}_targets"], rule, field=f"{when}_targets")
            for when in TIMES
            if f"{when}_targets" in values
        }
        if not read.get(When.OPEN, rule.pk):
            raise RuleProblem("open_targets", NO_TARGET)
        if rule.pk is not None:
            self._check_kept_ranges(rule, set(read))
        return read

    def _check_kept_ranges(self, rule: InboundRule, sent: set[When]) -> None:
        """Refuse numbers that a range target, which was not sent, does not go with any more."""
        for target in rule.targets.filter(kind=Kind.RANGE, when__in=set(TIMES) - sent):
            kept = f"{target.range_first}-{target.range_last}"
            range_target(kept, _dids(rule), field=f"{target.when}_targets")

    def _advanced(self, rule: InboundRule, sent: list[dict[str, Any]] | None) -> Any:
        field = "advanced_routes"
        if sent is None:
            return None
        if len(sent) > _MOST_ROUTES:
            raise RuleProblem(field, f"At most {_MOST_ROUTES} advanced routes.")
        routes = []
        for each in sent:
            targets = _read(each["targets"], rule, field=field)
            if not targets:
                raise RuleProblem(field, f"“{each['name']}”: {NO_TARGET}")
            routes.append(
                Advanced(
                    name=each["name"],
                    priority=each.get("priority", 0),
                    times={name: each[name] for name in TIME_FIELDS},
                    targets=targets,
                )
            )
        return routes


def _dids(rule: InboundRule) -> DidRange:
    return DidRange(first=rule.did_first, last=rule.did_last)


def _read(sent: list[dict[str, Any]], rule: InboundRule, *, field: str) -> list[Target]:
    targets = []
    for each in sent:
        values = dict(each)
        if values["kind"] == Kind.RANGE:
            targets.append(range_target(values["range"], _dids(rule), field=field))
        else:
            values.pop("range", None)
            targets.append(Target(**values))
    judge_targets(targets, field=field)
    return targets
