"""`me/`: who the caller is in this tenant, the own name, and whether they are available."""

from __future__ import annotations

from typing import Any, cast

from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import TenantView
from messaging.models import Extension
from messaging.plaintext import one_line
from messaging.visibility import extension_of
from tenants.api.fields import KnownFields
from tenants.api.permissions import IsTenantUser
from tenants.models import User
from tenants.roles import Role

_ROLES = {Role.SYSTEM: "system", Role.ADMIN: "admin", Role.EXTENSION: "extension"}


class AvailableField(serializers.BooleanField):
    """Availability of the own extension, which is no column of the person's."""

    def get_attribute(self, instance: Any) -> bool | None:
        own = cast("MeSerializer", self.parent).own_extension
        return own.is_available if own else None


class MeSerializer(KnownFields, serializers.ModelSerializer[User]):
    """The caller. Password, two-step sign-in and sessions are kept in the browser only."""

    role = serializers.SerializerMethodField(
        help_text="`admin`, `extension`, or `system`: a system admin who looks in."
    )
    extension = serializers.SerializerMethodField(help_text="Number of the own extension, or null.")
    is_available = AvailableField(
        required=False,
        allow_null=True,
        help_text="Whether the own extension takes its turn when a shared number's texts are given"
        " out; null without an extension.",
    )

    class Meta:
        model = User
        fields = ["email", "name", "role", "extension", "is_available"]
        read_only_fields = ["email"]

    def get_role(self, person: User) -> str:
        return _ROLES[self.context["view"].role]

    def get_extension(self, person: User) -> str | None:
        own = self.own_extension
        return own.number if own else None

    @cached_property
    def own_extension(self) -> Extension | None:
        """The caller's own extension."""
        return extension_of(self.context["view"].person, self.context["view"].tenant)

    def validate_is_available(self, value: bool | None) -> bool | None:  # noqa: FBT001
        """Refuse who has no extension to be available at."""
        if value is not None and self.own_extension is None:
            raise serializers.ValidationError("You have no extension.")
        return value

    def validate_name(self, name: str) -> str:
        """Fold the name into one line, for it reaches headers and titles."""
        return one_line(name, limit=100)

    def update(self, instance: User, validated_data: dict[str, Any]) -> User:
        if "name" in validated_data:
            instance.name = validated_data["name"]
            instance.save(update_fields=["name"])
        own, available = self.own_extension, validated_data.get("is_available")
        if own is not None and available is not None:
            own.is_available = available
            own.save(update_fields=["is_available"])
        return instance


class Me(TenantView):
    """The caller's own line."""

    permission_classes = [IsTenantUser]
    http_method_names = ["get", "patch", "head", "options"]

    @extend_schema(operation_id="me_retrieve", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Read who you are here."""
        return Response(self._serializer().data)

    @extend_schema(
        operation_id="me_update", request=MeSerializer(partial=True), responses=MeSerializer
    )
    def patch(self, request: Request) -> Response:
        """Change your own name, and whether you are available."""
        mine = self._serializer(data=request.data, partial=True)
        mine.is_valid(raise_exception=True)
        mine.save()
        return Response(mine.data)

    def _serializer(self, **asked: Any) -> MeSerializer:
        return MeSerializer(self.person, context={"request": self.request, "view": self}, **asked)
