"""How much numbers of each kind may send."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers, viewsets

from tenants.api.guarded import GuardedView
from tenants.api.permissions import IsSystemAdmin
from tenants.api.serializers import Checked
from tenants.models import ThroughputPreset
from tenants.throughput import USUAL, forget_rates


class ThroughputPresetSerializer(Checked):
    """A kind of number with a figure of its own; `usual` holds when it is deleted."""

    usual = serializers.SerializerMethodField()
    fixed_fields = ("kind",)

    class Meta:
        model = ThroughputPreset
        fields: ClassVar[list[str]] = ["id", "kind", "segments_per_second", "usual"]

    def get_usual(self, preset: ThroughputPreset) -> float:
        """Segments per second without the row."""
        return USUAL[preset.kind]


class ThroughputPresetViewSet(GuardedView, viewsets.ModelViewSet[ThroughputPreset]):
    """Segments per second by kind of number; a kind that is not listed has its usual figure."""

    permission_classes = [IsSystemAdmin]
    serializer_class = ThroughputPresetSerializer
    queryset = ThroughputPreset.objects.all()

    def perform_create(self, serializer: Any) -> None:
        super().perform_create(serializer)
        forget_rates()

    def perform_update(self, serializer: Any) -> None:
        super().perform_update(serializer)
        forget_rates()

    def perform_destroy(self, instance: ThroughputPreset) -> None:
        super().perform_destroy(instance)
        forget_rates()
