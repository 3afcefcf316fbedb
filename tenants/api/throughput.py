"""How much numbers of each kind may send."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api.guarded import GuardedView
from tenants.api.permissions import IsSystemAdmin
from tenants.api.serializers import Checked
from tenants.models import ThroughputPreset
from tenants.throughput import USUAL, forget_rates


class ThroughputPresetSerializer(Checked):
    """What numbers of a kind may send; `usual` holds when a figure of its own is deleted."""

    id = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="null = nothing stored, the usual figure holds."
    )
    usual = serializers.SerializerMethodField()
    fixed_fields = ("kind",)

    class Meta:
        model = ThroughputPreset
        fields: ClassVar[list[str]] = ["id", "kind", "segments_per_second", "usual"]

    def get_usual(self, preset: ThroughputPreset) -> float:
        """Segments per second without the row."""
        return USUAL[preset.kind]


class ThroughputPresetViewSet(GuardedView, viewsets.ModelViewSet[ThroughputPreset]):
    """Segments per second by kind of number."""

    permission_classes = [IsSystemAdmin]
    serializer_class = ThroughputPresetSerializer
    queryset = ThroughputPreset.objects.all()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List every kind with the figure that holds for it.

        One with the `id` null has its usual figure: to change it, make it. The others are
        changed and deleted by their `id`.
        """
        own = {preset.kind: preset for preset in self.get_queryset()}
        rows = [
            own.get(kind) or ThroughputPreset(kind=kind, segments_per_second=USUAL[kind])
            for kind in ThroughputPreset.Kind
        ]
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def perform_create(self, serializer: Any) -> None:
        super().perform_create(serializer)
        forget_rates()

    def perform_update(self, serializer: Any) -> None:
        super().perform_update(serializer)
        forget_rates()

    def perform_destroy(self, instance: ThroughputPreset) -> None:
        super().perform_destroy(instance)
        forget_rates()
