"""`api-keys/` of the platform: all keys there are, made, looked at and revoked."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api.fields import KnownFields
from tenants.api.guarded import GuardedView
from tenants.api.permissions import IsSystemAdmin
from tenants.api.serializers import TenantField
from tenants.keys import revoke
from tenants.models import ApiKey, Tenant, User


class PlatformKey(KnownFields, serializers.ModelSerializer[ApiKey]):
    """A key; without a tenant it opens whatever its person may enter."""

    name = serializers.CharField(max_length=100)
    email = serializers.EmailField(
        source="user.email", help_text="Whose key it is. The key may do what this person may do."
    )
    tenant = TenantField(
        slug_field="slug",
        queryset=Tenant.objects.all(),
        allow_null=True,
        default=None,
        help_text="Slug; null = everywhere the person may go.",
    )
    hint = serializers.CharField(read_only=True, help_text="First letters of the key.")

    class Meta:
        model = ApiKey
        fields: ClassVar[list[str]] = [
            "id",
            "name",
            "email",
            "tenant",
            "hint",
            "created_at",
            "last_used_at",
            "revoked_at",
        ]
        read_only_fields: ClassVar[list[str]] = ["created_at", "last_used_at", "revoked_at"]

    def validate_email(self, email: str) -> str:
        """Name somebody who may sign in, and of system admins oneself: the maker knows the key."""
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise serializers.ValidationError("There is no active account of this address.")
        if user.is_system_admin and user.pk != self.context["request"].user.pk:
            raise serializers.ValidationError("A system admin makes keys for the own account only.")
        return email


class IssuedPlatformKey(PlatformKey):
    """A key just made, with the secret."""

    key = serializers.CharField(read_only=True, help_text="Shown this once.")

    class Meta(PlatformKey.Meta):
        fields: ClassVar[list[str]] = [*PlatformKey.Meta.fields, "key"]


class KeyFilter(django_filters.FilterSet):  # type: ignore[misc]  # no types
    """By person, tenant and whether the key still works."""

    email = django_filters.CharFilter(field_name="user__email", lookup_expr="iexact")
    tenant = django_filters.CharFilter(field_name="tenant__slug", label="Slug.")
    revoked = django_filters.BooleanFilter(
        method="by_state", label="Those that are revoked, or those that work."
    )

    class Meta:
        model = ApiKey
        fields: ClassVar[list[str]] = []

    def by_state(self, keys: QuerySet[ApiKey], name: str, value: Any) -> QuerySet[ApiKey]:
        return keys.filter(revoked_at__isnull=not value)


class PlatformKeys(
    GuardedView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[ApiKey],
):
    """Keys of programs, newest first. Deleting one revokes it."""

    permission_classes = [IsSystemAdmin]
    serializer_class = PlatformKey
    queryset = ApiKey.objects.select_related("user", "tenant")
    filterset_class = KeyFilter

    @extend_schema(request=PlatformKey, responses={201: IssuedPlatformKey})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a key; its secret is in this answer only."""
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        person = User.objects.get(email__iexact=wanted["user"]["email"])
        made, secret = ApiKey.issue(person, tenant=wanted["tenant"], name=wanted["name"])
        answer = {**self.get_serializer(made).data, "key": secret}
        return Response(
            answer, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"}
        )

    def perform_destroy(self, instance: ApiKey) -> None:
        revoke(ApiKey.objects.filter(pk=instance.pk))
