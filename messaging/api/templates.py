"""`templates/`: texts kept for use again."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS

from messaging.api.base import ConfigurationViewSet
from messaging.models import Template
from tenants.api.fields import KnownFields
from tenants.api.permissions import IsTenantUser
from tenants.roles import Role

TAKEN = "There is a template of this title already."


class SharedField(serializers.BooleanField):
    """Whether a template has no owner."""

    def get_attribute(self, instance: Template) -> bool:
        return instance.owner_id is None


class TemplateSerializer(KnownFields, serializers.ModelSerializer[Template]):
    """One template: shared with everybody in the tenant, or the person's own."""

    shared = SharedField(
        required=False,
        help_text="Everybody's, not only one's own. Only admins write shared templates, and that"
        " is what theirs are when it is left out.",
    )

    class Meta:
        model = Template
        fields = ["id", "title", "text", "shared", "created_at"]
        read_only_fields = ["created_at"]
        extra_kwargs = {"text": {"max_length": 2000}}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Put an owner for `shared`, and keep titles apart."""
        view: Any = self.context["view"]
        is_admin = view.role >= Role.ADMIN
        was_shared = is_admin if self.instance is None else self.instance.owner_id is None
        shared = attrs.pop("shared", was_shared)
        if shared and not is_admin:
            raise serializers.ValidationError(
                {"shared": ["Only admins write templates for everybody."]}
            )
        attrs["owner"] = None if shared else view.person
        title = attrs.get("title", getattr(self.instance, "title", ""))
        others = Template.objects.filter(owner=attrs["owner"], title=title)
        if others.exclude(pk=getattr(self.instance, "pk", None) or 0).exists():
            raise serializers.ValidationError({"title": [TAKEN]})
        return attrs


class TemplateFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """Search by title and text."""

    q = filters.CharFilter(method="search", label="Part of the title or the text.")

    def search(self, queryset: QuerySet[Template], name: str, value: str) -> QuerySet[Template]:
        """Look in both."""
        return queryset.filter(Q(title__icontains=value) | Q(text__icontains=value))


class Templates(ConfigurationViewSet[Template]):
    """Templates: the shared ones and one's own; extension users change only their own."""

    permission_classes = [IsTenantUser]
    queryset = Template.objects.all()
    serializer_class = TemplateSerializer
    filterset_class = TemplateFilter

    def get_queryset(self) -> QuerySet[Template]:
        """Return what the person may see or, when changing, change."""
        own = Q(owner_id=self.person.pk)
        if self.request.method in SAFE_METHODS or self.role >= Role.ADMIN:
            own |= Q(owner=None)
        return super().get_queryset().filter(own)
