"""`phone-numbers/`: the tenant's part of the number directory."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied

from messaging.api.base import ConfigurationViewSet
from messaging.api.fields import NumberField, tenant_of
from messaging.models import MessageSetting
from messaging.number_settings import ALREADY_IN_USE
from tenants import audit
from tenants.api.fields import KnownFields, RowField
from tenants.api.refusals import InUse
from tenants.deletion import InUse as StillUsed
from tenants.deletion import delete_unused
from tenants.models import PhoneNumber, Trunk
from tenants.numbers import kind_of
from tenants.registration import note_by_hand

# What only the system admin may change of a number on a trunk of the platform.
_KEPT_BY_PLATFORM = ("registration", "registration_note", "campaign_id", "segments_per_second")
_NOT_OWN = "This number is on a trunk of the platform: the system admin keeps it."


class _OwnTrunkField(RowField):
    """Trunk the tenant may add numbers to: one of its own that is on."""

    def get_queryset(self) -> QuerySet[Trunk]:
        return Trunk.objects.filter(tenant_id=tenant_of(self).pk, enabled=True)


class TenantNumberSerializer(KnownFields, serializers.ModelSerializer[PhoneNumber]):
    """A number of the tenant; `number` and `trunk` are settled when it is added."""

    number = NumberField(max_length=40)
    trunk = _OwnTrunkField(
        queryset=Trunk.objects.all(),
        help_text="One of your own. Numbers on the platform's trunk come from the system admin.",
    )
    in_use = serializers.BooleanField(
        source="has_setting", read_only=True, default=False, help_text="It is in Message Settings."
    )

    class Meta:
        model = PhoneNumber
        fields = [
            "id",
            "number",
            "trunk",
            "kind",
            "registration",
            "registration_note",
            "registration_at",
            "campaign_id",
            "segments_per_second",
            "is_main",
            "in_use",
        ]
        read_only_fields = ["kind", "registration_at"]
        validators: list[Any] = []

    def to_internal_value(self, data: Any) -> Any:
        """Let what was read be sent back, whichever trunk the number is on."""
        row = self.instance
        if isinstance(row, PhoneNumber) and isinstance(data, dict):
            data = {**data, "number": data.get("number", row.number)}
            if data.get("trunk", row.trunk_id) == row.trunk_id:
                data.pop("trunk", None)
                self.fields["trunk"].required = False
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        row = self.instance
        if not isinstance(row, PhoneNumber):
            # The same words for another tenant's number: it is not told whose.
            if PhoneNumber.objects.filter(number=attrs["number"]).exists():
                raise serializers.ValidationError({"number": [ALREADY_IN_USE]})
            attrs["kind"] = kind_of(attrs["number"])
            return attrs
        for name in ("number", "trunk"):
            if name in attrs and attrs[name] != getattr(row, name):
                raise serializers.ValidationError({name: ["This cannot be changed."]})
        own = row.trunk.tenant_id == tenant_of(self).pk
        for name in _KEPT_BY_PLATFORM:
            if not own and attrs.get(name, getattr(row, name)) != getattr(row, name):
                raise serializers.ValidationError({name: [_NOT_OWN]})
        return attrs

    def create(self, validated_data: dict[str, Any]) -> PhoneNumber:
        number = PhoneNumber(**validated_data, tenant_id=tenant_of(self).pk)
        note_by_hand(number, before=None)
        return self._save(number)

    def update(self, instance: PhoneNumber, validated_data: dict[str, Any]) -> PhoneNumber:
        before = copy(instance)
        for name in (*_KEPT_BY_PLATFORM, "is_main"):
            setattr(instance, name, validated_data.get(name, getattr(instance, name)))
        note_by_hand(instance, before=before)
        return self._save(instance)

    @transaction.atomic
    def _save(self, number: PhoneNumber) -> PhoneNumber:
        if number.is_main:
            others = PhoneNumber.objects.filter(
                tenant_id=tenant_of(self).pk, trunk_id=number.trunk_id, is_main=True
            )
            audit.change(others.exclude(pk=number.pk or 0), is_main=False)
        number.save()
        return number


class PhoneNumberFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """By part of the number, trunk, kind, registration and use."""

    q = filters.CharFilter(field_name="number", lookup_expr="contains", label="Part of the number.")
    in_use = filters.BooleanFilter(field_name="has_setting")
    trunk = filters.CharFilter(method="by_trunk", label="Id of a trunk.")

    class Meta:
        model = PhoneNumber
        fields = ["kind", "registration", "is_main"]

    def by_trunk(self, rows: QuerySet[PhoneNumber], name: str, value: str) -> QuerySet[PhoneNumber]:
        """Keep one trunk's numbers; which other trunks there are is nobody's to learn."""
        is_id = value.isascii() and value.isdecimal() and len(value) < 19
        return rows.filter(trunk_id=int(value)) if is_id else rows.none()


class PhoneNumbers(ConfigurationViewSet[PhoneNumber]):
    """Phone numbers of the tenant; those on a trunk of the platform are given and taken there."""

    queryset = PhoneNumber.objects.none()
    serializer_class = TenantNumberSerializer
    filterset_class = PhoneNumberFilter

    def get_queryset(self) -> QuerySet[PhoneNumber]:
        """Return the tenant's own, each with whether it is in Message Settings."""
        if getattr(self, "swagger_fake_view", False):  # described without a tenant
            return PhoneNumber.objects.none()
        used = MessageSetting.objects.filter(phone_number=OuterRef("pk"))
        mine = PhoneNumber.objects.filter(tenant_id=self.tenant.pk).select_related("trunk")
        return mine.annotate(has_setting=Exists(used)).order_by("number")

    def perform_destroy(self, instance: PhoneNumber) -> None:
        """Delete the number.

        Raises PermissionDenied for one on a trunk of the platform, InUse.
        """
        if instance.trunk.tenant_id != self.tenant.pk:
            raise PermissionDenied(_NOT_OWN)
        try:
            delete_unused(instance)
        except StillUsed as error:
            raise InUse("This number is in Message Settings: delete it there first.") from error
