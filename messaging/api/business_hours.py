"""`business-hours/`: when the company answers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from messaging.api.base import ConfigurationViewSet
from messaging.hours.in_use import make_default, who_uses
from messaging.hours.opening import WEEKDAYS, read_week, write_spans
from messaging.models import BusinessHours
from tenants.api.fields import KnownFields
from tenants.api.refusals import InUse

_WEEK = {
    "type": "object",
    "additionalProperties": {
        "type": "array",
        "items": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
    },
}
_SHAPE = 'Write a week like {"1": [["09:00", "17:00"]]}: weekdays 1 (Monday) to 7.'


@extend_schema_field(_WEEK)
class WeekField(serializers.Field[Any, Any, Any, Any]):
    """Spans of each ISO weekday; a weekday left out is closed."""

    def to_internal_value(self, data: Any) -> dict[str, list[list[str]]]:
        if not isinstance(data, dict) or set(map(str, data)) - set(WEEKDAYS):
            raise serializers.ValidationError(_SHAPE)
        typed = {str(day): self._typed(spans) for day, spans in data.items()}
        week, problems = read_week(typed)
        if problems:
            raise serializers.ValidationError(
                [f"{WEEKDAYS[day]}: {text}" for day, text in problems.items()]
            )
        return week

    def to_representation(self, value: Any) -> Any:
        return value

    def _typed(self, spans: Any) -> str:
        if not isinstance(spans, list) or len(spans) > 50:
            raise serializers.ValidationError(_SHAPE)
        for span in spans:
            whole = isinstance(span, list) and len(span) == 2
            if not whole or not all(isinstance(each, str) and len(each) < 10 for each in span):
                raise serializers.ValidationError(_SHAPE)
        return write_spans(spans)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "An office with a lunch break",
            {
                "name": "Office",
                "week": {"1": [["09:00", "12:00"], ["13:00", "17:00"]], "2": [["09:00", "17:00"]]},
                "is_default": True,
            },
            request_only=True,
        )
    ]
)
class BusinessHoursSerializer(KnownFields, serializers.ModelSerializer[BusinessHours]):
    """A week's hours, by the tenant's clock; the default ones are the company's."""

    week = WeekField(required=False)

    class Meta:
        model = BusinessHours
        fields = ["id", "name", "week", "is_default"]
        # The default is taken from the other hours on saving, so it is free for each.
        extra_kwargs: ClassVar[dict[str, Any]] = {"is_default": {"validators": []}}
        validators: list[Any] = []

    @transaction.atomic
    def save(self, **kwargs: Any) -> BusinessHours:
        """Store; hours that become the company's take that from the others."""
        if self.validated_data.get("is_default"):
            make_default(self.instance or BusinessHours())
        return super().save(**kwargs)


class BusinessHoursSets(ConfigurationViewSet[BusinessHours]):
    """Business hours. Without any, the company is always open."""

    queryset = BusinessHours.objects.all()
    serializer_class = BusinessHoursSerializer
    filterset_fields = ["is_default"]

    def perform_destroy(self, instance: BusinessHours) -> None:
        """Delete the hours.

        Raises InUse while a rule goes by them.
        """
        if reason := who_uses(instance):
            raise InUse(reason)
        super().perform_destroy(instance)
