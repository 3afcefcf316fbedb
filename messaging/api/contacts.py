"""`contacts/`: names of numbers outside, shared by the whole tenant."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from messaging.api.base import ConfigurationViewSet
from messaging.api.erasures import PersonalData
from messaging.api.fields import NumberField
from messaging.models import Contact, OptOut
from messaging.tags import NotATag, parse_tags
from tenants.api.fields import KnownFields
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
        fields = ["id", "number", "name", "company", "email", "tags", "notes"]
        extra_kwargs = {"notes": {"max_length": 2000}}

    def validate_name(self, name: str) -> str:
        """Fold it into one line, as the pages and spreadsheets have it."""
        return " ".join(name.split())

    def validate_company(self, company: str) -> str:
        """Fold it into one line, too."""
        return " ".join(company.split())

    def validate_tags(self, tags: list[str]) -> list[str]:
        """Keep each tag once, without the commas that part them on the page."""
        try:
            return parse_tags(",".join(tags))
        except NotATag as error:
            raise serializers.ValidationError(str(error)) from error


class ContactFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """Search by name or number, filter by tag and consent."""

    q = filters.CharFilter(
        method="search", label="Part of the name, the company or the number, in any form."
    )
    tag = filters.CharFilter(
        field_name="tags", method="tagged", max_length=40, label="Contacts that have this tag."
    )
    opted_out = filters.BooleanFilter(
        method="refusing", label="Those who refused texts, or those who did not."
    )

    def search(self, queryset: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        """Look for letters in names, for digits in numbers too."""
        found = Q(name__icontains=value) | Q(company__icontains=value)
        digits = "".join(character for character in value if character.isdecimal())
        if len(digits) >= 3 and not any(character.isalpha() for character in value):
            found |= Q(number__contains=digits)
        return queryset.filter(found)

    def tagged(self, queryset: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        """Look for the whole tag."""
        return queryset.filter(tags__contains=[value])

    def refusing(self, queryset: QuerySet[Contact], name: str, value: Any) -> QuerySet[Contact]:
        """Look at refusals of any of our numbers."""
        refused = OptOut.objects.values("number")
        if value:
            return queryset.filter(number__in=refused)
        return queryset.exclude(number__in=refused)


class Contacts(PersonalData, ConfigurationViewSet[Contact]):
    """The tenant's address book; every user may keep it."""

    permission_classes = [IsTenantUser]
    queryset = Contact.objects.all()
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
