"""`ring-groups/`: extensions that share a number."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from messaging.api.base import ConfigurationViewSet
from messaging.api.fields import ExtensionField
from messaging.models import Extension, MessageSetting, RingGroup
from messaging.number_settings import NumberProblem
from messaging.number_sharing import check_number_is_free
from messaging.outbound.rules.storing import needed_by
from messaging.ring_groups import set_members
from tenants.api.fields import KnownFields
from tenants.api.refusals import InUse


class MemberField(ExtensionField):
    """Extension by its number; it must be one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allow_null = False

    def to_internal_value(self, data: Any) -> Extension:
        found = super().to_internal_value(data)
        if found is None:
            raise serializers.ValidationError("There is no extension of this number.")
        return found


class RingGroupSerializer(KnownFields, serializers.ModelSerializer[RingGroup]):
    """One ring group; `members` are extensions' numbers."""

    members = serializers.ListField(
        child=MemberField(), required=False, help_text="Numbers of extensions."
    )

    class Meta:
        model = RingGroup
        fields = ["id", "number", "name", "members"]

    def validate_number(self, number: str) -> str:
        """Keep it apart from the extensions' numbers."""
        try:
            check_number_is_free(number, group=self.instance)
        except NumberProblem as problem:
            raise serializers.ValidationError(problem.message) from problem
        return number

    def to_representation(self, instance: RingGroup) -> dict[str, Any]:
        members = sorted(place.extension.number for place in instance.places.all())
        return {
            "id": instance.pk,
            "number": instance.number,
            "name": instance.name,
            "members": members,
        }

    def create(self, validated_data: dict[str, Any]) -> RingGroup:
        return self._save(RingGroup(), validated_data)

    def update(self, instance: RingGroup, validated_data: dict[str, Any]) -> RingGroup:
        return self._save(instance, validated_data)

    @transaction.atomic
    def _save(self, group: RingGroup, values: dict[str, Any]) -> RingGroup:
        members = values.pop("members", None)
        for name, value in values.items():
            setattr(group, name, value)
        group.save()
        if members is not None:
            set_members(group, members)
        return RingGroup.objects.prefetch_related("places__extension").get(pk=group.pk)


class RingGroupFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """By number or name, and by member."""

    q = filters.CharFilter(method="search", label="Part of the number or the name.")
    member = filters.CharFilter(
        field_name="members__number", label="Number of an extension that is in the group."
    )

    class Meta:
        model = RingGroup
        fields = ["number"]

    def search(self, rows: QuerySet[RingGroup], name: str, value: str) -> QuerySet[RingGroup]:
        """Look in both."""
        return rows.filter(Q(number__contains=value) | Q(name__icontains=value))


class RingGroups(ConfigurationViewSet[RingGroup]):
    """Ring groups: their members see a number's conversations together, each handled by one."""

    queryset = RingGroup.objects.prefetch_related("places__extension")
    serializer_class = RingGroupSerializer
    filterset_class = RingGroupFilter

    def perform_destroy(self, instance: RingGroup) -> None:
        """Delete the group.

        Raises InUse while texts reach it.
        """
        used = MessageSetting.objects.filter(ring_group=instance).exists()
        if used or instance.inbound_targets.exists():
            raise InUse("Texts reach this ring group: change Message Settings or the rule first.")
        if reason := needed_by(instance):
            raise InUse(reason)
        super().perform_destroy(instance)
