"""`contacts/`: names of numbers outside, shared by the whole tenant."""

from __future__ import annotations

from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from messaging.api.base import ConfigurationViewSet
from messaging.api.fields import KnownFields, NumberField
from messaging.models import Contact
from tenants.api.permissions import IsTenantUser


class ContactSerializer(KnownFields, serializers.ModelSerializer[Contact]):
    """One contact."""

    number = NumberField(
        max_length=40,
        validators=[
            UniqueValidator(Contact.objects.all(), message="There is a contact of this number.")
        ],
    )

    class Meta:
        model = Contact
        fields = ["id", "number", "name"]


class ContactFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """Search by name."""

    q = filters.CharFilter(field_name="name", lookup_expr="icontains", label="Part of the name.")


class Contacts(ConfigurationViewSet[Contact]):
    """The tenant's address book; every user may keep it."""

    permission_classes = [IsTenantUser]
    queryset = Contact.objects.all()
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
