"""`extensions/`: the desks that texts reach."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.serializers import BaseSerializer

from messaging.api.base import ConfigurationViewSet
from messaging.inbound.rules.in_use import rule_to_extension
from messaging.models import Extension
from messaging.number_settings import NumberProblem
from messaging.number_sharing import check_extension_is_free
from tenants import audit
from tenants.api.fields import KnownFields
from tenants.api.refusals import InUse
from tenants.models import Membership


class ExtensionSerializer(KnownFields, serializers.ModelSerializer[Extension]):
    """One extension."""

    class Meta:
        model = Extension
        fields = ["id", "number", "name", "email", "sms_permission", "is_available"]

    def validate_number(self, number: str) -> str:
        """Keep it apart from the ring groups' numbers."""
        try:
            check_extension_is_free(number)
        except NumberProblem as problem:
            raise serializers.ValidationError(problem.message) from problem
        return number


class ExtensionFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """By number, name or e-mail, and by what it may send."""

    q = filters.CharFilter(method="search", label="Part of the number, the name or the e-mail.")

    class Meta:
        model = Extension
        fields = ["number", "sms_permission", "is_available"]

    def search(self, rows: QuerySet[Extension], name: str, value: str) -> QuerySet[Extension]:
        """Look in all three."""
        return rows.filter(
            Q(number__contains=value) | Q(name__icontains=value) | Q(email__icontains=value)
        )


class Extensions(ConfigurationViewSet[Extension]):
    """Extensions of the phone system."""

    queryset = Extension.objects.all()
    serializer_class = ExtensionSerializer
    filterset_class = ExtensionFilter

    @transaction.atomic
    def perform_update(self, serializer: BaseSerializer[Extension]) -> None:
        """Save, and take the members along: their public rows name the extension by number."""
        before = self.get_object().number
        after = serializer.save().number
        if after != before:
            members = Membership.objects.filter(tenant_id=self.tenant.pk, extension=before)
            audit.change(members, extension=after)

    def perform_destroy(self, instance: Extension) -> None:
        """Delete the extension.

        Raises InUse while a person has it.
        """
        members = Membership.objects.filter(tenant_id=self.tenant.pk, extension=instance.number)
        if members.exists():
            raise InUse("A member has this extension: give them another first.")
        if reason := rule_to_extension(instance):
            raise InUse(reason)
        super().perform_destroy(instance)
