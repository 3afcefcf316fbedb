"""`api-keys/`: keys of programs that work in this tenant only."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.mixins import DestroyModelMixin, ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import TenantViewSet
from tenants.api.fields import KnownFields
from tenants.api.permissions import IsTenantUser
from tenants.keys import keys_of, may_have_key, revoke
from tenants.models import ApiKey, User
from tenants.roles import Role


class ApiKeySerializer(KnownFields, serializers.ModelSerializer[ApiKey]):
    """A key; the key itself is in the answer to its making, and never again."""

    name = serializers.CharField(max_length=100)
    email = serializers.EmailField(
        source="user.email",
        required=False,
        help_text="Whose key it is; left out = one's own. Admins may name another member.",
    )
    hint = serializers.CharField(read_only=True, help_text="First letters of the key.")

    class Meta:
        model = ApiKey
        fields = ["id", "name", "email", "hint", "created_at", "last_used_at", "revoked_at"]
        read_only_fields = ["created_at", "last_used_at", "revoked_at"]


class IssuedKeySerializer(ApiKeySerializer):
    """A key just made, with the secret."""

    key = serializers.CharField(read_only=True, help_text="Shown this once.")

    class Meta(ApiKeySerializer.Meta):
        fields = [*ApiKeySerializer.Meta.fields, "key"]


class ApiKeys(ListModelMixin, RetrieveModelMixin, DestroyModelMixin, TenantViewSet[ApiKey]):
    """Keys of the tenant: admins see all, others their own. Deleting one revokes it."""

    permission_classes = [IsTenantUser]
    http_method_names = ["get", "post", "delete", "head", "options"]
    serializer_class = ApiKeySerializer
    queryset = ApiKey.objects.none()

    def get_queryset(self) -> QuerySet[ApiKey]:
        if getattr(self, "swagger_fake_view", False):  # described without a tenant
            return ApiKey.objects.none()
        keys = keys_of(self.tenant)
        return keys if self.role >= Role.ADMIN else keys.filter(user=self.person)

    @extend_schema(request=ApiKeySerializer, responses={201: IssuedKeySerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a key; its secret is in this answer only."""
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        email = asked.validated_data.get("user", {}).get("email")
        person = self._person_of(email) if email else self.person
        made, secret = ApiKey.issue(person, tenant=self.tenant, name=asked.validated_data["name"])
        answer = {**self.get_serializer(made).data, "key": secret}
        return Response(
            answer, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"}
        )

    def perform_destroy(self, instance: ApiKey) -> None:
        revoke(ApiKey.objects.filter(pk=instance.pk))

    def _person_of(self, email: str) -> User:
        people = may_have_key(self.tenant, asking=self.person)
        if self.role < Role.ADMIN:
            people = people.filter(pk=self.person.pk)
        found = people.filter(email__iexact=email).first()
        if found is None:
            # The same words for strangers: who has an account here is nobody's business.
            raise serializers.ValidationError(
                {"email": ["You cannot make a key for this person: name an active member."]}
            )
        return found
