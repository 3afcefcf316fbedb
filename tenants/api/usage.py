"""Daily figures of all tenants over the platform's API."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from rest_framework import mixins, serializers, viewsets

from tenants.api.guarded import GuardedView
from tenants.api.permissions import IsSystemAdmin
from tenants.models import UsageDay


class UsageSerializer(serializers.ModelSerializer[UsageDay]):
    """One tenant's messages of one day in its own time zone; `segments` are of what was sent."""

    tenant: Any = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = UsageDay
        fields: ClassVar[list[str]] = [
            "tenant",
            "day",
            "received",
            "sent",
            "delivered",
            "failed",
            "segments",
            "counted_at",
        ]
        read_only_fields = fields


class UsageFilter(django_filters.FilterSet):  # type: ignore[misc]  # no types
    """By tenant's slug, and by day: `after` and `before` are included."""

    tenant = django_filters.CharFilter(field_name="tenant__slug")
    after = django_filters.DateFilter(field_name="day", lookup_expr="gte")
    before = django_filters.DateFilter(field_name="day", lookup_expr="lte")

    class Meta:
        model = UsageDay
        fields: ClassVar[list[str]] = []


class UsageViewSet(GuardedView, mixins.ListModelMixin, viewsets.GenericViewSet[UsageDay]):
    """Messages by tenant and day, newest day first; counted every five minutes."""

    permission_classes = [IsSystemAdmin]
    serializer_class = UsageSerializer
    queryset = UsageDay.objects.select_related("tenant").order_by("-day", "tenant__slug")
    filterset_class = UsageFilter
