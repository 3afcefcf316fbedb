"""`trunks/`: the lines a tenant's numbers are on; its own to keep, the platform's to look at."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.serializers import BaseSerializer

from messaging.api.base import ConfigurationViewSet
from messaging.api.fields import tenant_of
from messaging.inbound.rules.in_use import rule_on_trunk
from tenants.api.fields import KnownFields
from tenants.api.refusals import InUse
from tenants.deletion import InUse as StillUsed
from tenants.deletion import delete_unused
from tenants.models import Trunk

_NOT_OWN = "This trunk is the platform's: the system admin keeps it."


class TenantTrunkSerializer(KnownFields, serializers.ModelSerializer[Trunk]):
    """A trunk that the tenant may use."""

    provider = serializers.ChoiceField(choices=sorted(settings.PROVIDERS), default="bandwidth")
    owner = serializers.SerializerMethodField(help_text="`own`, or `platform`: to be read only.")
    numbers = serializers.IntegerField(
        source="number_count", read_only=True, default=0, help_text="The tenant's numbers on it."
    )

    class Meta:
        model = Trunk
        fields = ["id", "name", "provider", "hostname", "enabled", "owner", "numbers"]
        validators: list[Any] = []

    @extend_schema_field({"type": "string", "enum": ["own", "platform"]})
    def get_owner(self, trunk: Trunk) -> str:
        return "platform" if trunk.tenant_id is None else "own"

    def validate_name(self, name: str) -> str:
        """Keep the names of the tenant's trunks apart."""
        same = Trunk.objects.filter(tenant_id=tenant_of(self).pk, name=name)
        if same.exclude(pk=getattr(self.instance, "pk", None) or 0).exists():
            raise serializers.ValidationError("There is a trunk of this name already.")
        return name


class Trunks(ConfigurationViewSet[Trunk]):
    """Trunks: the tenant's own, and the platform's to be looked at."""

    queryset = Trunk.objects.none()
    serializer_class = TenantTrunkSerializer
    filterset_fields = ["provider", "enabled"]

    def get_queryset(self) -> QuerySet[Trunk]:
        """Return what the tenant may use, with how many of its numbers are on each."""
        if getattr(self, "swagger_fake_view", False):  # described without a tenant
            return Trunk.objects.none()
        mine = Q(tenant=None) | Q(tenant_id=self.tenant.pk)
        numbers = Count("phone_numbers", filter=Q(phone_numbers__tenant_id=self.tenant.pk))
        return Trunk.objects.filter(mine).annotate(number_count=numbers).order_by("name", "pk")

    def perform_create(self, serializer: BaseSerializer[Trunk]) -> None:
        serializer.validated_data["tenant_id"] = self.tenant.pk
        super().perform_create(serializer)

    def perform_update(self, serializer: BaseSerializer[Trunk]) -> None:
        """Save.

        Raises PermissionDenied for a trunk of the platform.
        """
        self._check_own(serializer.instance)
        super().perform_update(serializer)

    def perform_destroy(self, instance: Trunk) -> None:
        """Delete the trunk.

        Raises PermissionDenied for one of the platform, InUse.
        """
        self._check_own(instance)
        if reason := rule_on_trunk(instance):
            raise InUse(reason)
        try:
            delete_unused(instance)
        except StillUsed as error:
            raise InUse("Numbers or configurations need this trunk: move them first.") from error

    def _check_own(self, trunk: Any) -> None:
        if trunk.tenant_id != self.tenant.pk:
            raise PermissionDenied(_NOT_OWN)
