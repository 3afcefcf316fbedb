"""`usage/`: the tenant's messages, day by day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import TenantViewSet
from messaging.figures import day_by_day, today_of
from messaging.models import Message
from tenants.api.fields import KnownFields
from tenants.api.permissions import IsTenantAdmin

_LONGEST = 366
_USUAL = 30


class SpanSerializer(KnownFields, serializers.Serializer[Any]):
    """From one day to another, both included."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Call the first day `from`, which Python cannot."""
        return {
            "from": serializers.DateField(required=False, help_text="Usually 30 days ago."),
            "to": serializers.DateField(required=False, help_text="Usually today."),
            "page": serializers.IntegerField(required=False),
            "page_size": serializers.IntegerField(required=False),
        }


class DaySerializer(serializers.Serializer[Any]):
    """One day in the tenant's time zone; `segments` are those of what was sent."""

    day = serializers.DateField()
    received = serializers.IntegerField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    failed = serializers.IntegerField()
    segments = serializers.IntegerField()


class Usage(TenantViewSet[Message]):
    """What came in, went out, arrived and failed on each day, newest first."""

    permission_classes = [IsTenantAdmin]
    http_method_names = ["get", "head", "options"]
    queryset = Message.objects.none()
    serializer_class = DaySerializer
    filter_backends = []

    @extend_schema(parameters=[SpanSerializer], responses=DaySerializer(many=True))
    def list(self, request: Request, **kwargs: Any) -> Response:
        """Count the days of the span, 366 at most."""
        span = SpanSerializer(data=request.query_params.dict())
        span.is_valid(raise_exception=True)
        last = span.validated_data.get("to") or today_of(self.tenant)
        if not 2000 < last.year <= 2100:
            raise ValidationError({"to": ["Choose a day of this century."]})
        first = span.validated_data.get("from") or last - timedelta(days=_USUAL - 1)
        if first > last:
            raise ValidationError({"from": ["Choose a day before the last one."]})
        if (last - first).days >= _LONGEST:
            raise ValidationError({"from": [f"Ask for {_LONGEST} days at most."]})
        days: Any = day_by_day(self.tenant, first, last)[::-1]
        page = self.paginate_queryset(days)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
