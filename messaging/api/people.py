"""`members/` and `invitations/`: who may enter this tenant, for its admins."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import (
    ListModelMixin,
    RetrieveModelMixin,
    UpdateModelMixin,
)
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import TenantViewSet
from messaging.api.fields import tenant_of
from messaging.models import Extension
from tenants.api.fields import KnownFields
from tenants.api.invitations import InvitationActions, InvitationFields
from tenants.api.people import ask_for_reset_link
from tenants.api.permissions import IsTenantAdmin
from tenants.api.refusals import NotNow
from tenants.memberships import belongs_here_only
from tenants.models import Invitation, Membership


def _check_extension(number: str) -> None:
    # Only digits reach the database, which takes no NUL.
    known = number.isdecimal() and Extension.objects.filter(number=number).exists()
    if number and not known:
        raise ValidationError({"extension": "There is no extension of this number."})


class MemberSerializer(KnownFields, serializers.ModelSerializer[Membership]):
    """What somebody is in this tenant; the account belongs to the person."""

    email = serializers.EmailField(source="user.email", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "email", "name", "role", "extension", "is_active", "created_at"]
        read_only_fields = ["created_at"]
        validators: list[Any] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        member = self.instance
        assert isinstance(member, Membership)  # noqa: S101  # people are invited, not created here
        if "extension" in attrs and attrs["extension"] != member.extension:
            _check_extension(attrs["extension"])
        role = attrs.get("role", member.role)
        if role == Membership.Role.EXTENSION and not attrs.get("extension", member.extension):
            raise ValidationError({"extension": "An extension user needs an extension."})
        if member.user_id == self.context["request"].user.pk:
            if role != Membership.Role.ADMIN:
                raise ValidationError({"role": "You cannot take your own admin role away."})
            if not attrs.get("is_active", True):
                raise ValidationError({"is_active": "You cannot close your own access."})
        return attrs


class MemberFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """By e-mail or name, role, extension and access."""

    q = filters.CharFilter(method="search", label="Part of the e-mail address or the name.")

    class Meta:
        model = Membership
        fields = ["role", "is_active", "extension"]

    def search(self, rows: QuerySet[Membership], name: str, value: str) -> QuerySet[Membership]:
        """Look in both."""
        return rows.filter(Q(user__email__icontains=value) | Q(user__name__icontains=value))


class Members(
    TenantViewSet[Membership],
    ListModelMixin,
    RetrieveModelMixin,
    UpdateModelMixin,
):
    """Members of this tenant: role, extension, and whether they may enter."""

    permission_classes = [IsTenantAdmin]
    serializer_class = MemberSerializer
    filterset_class = MemberFilter
    http_method_names = ["get", "post", "patch", "head", "options"]
    queryset = Membership.objects.none()

    def get_queryset(self) -> QuerySet[Membership]:
        return Membership.objects.filter(tenant_id=self.tenant.pk).select_related("user")

    @extend_schema(request=None, responses=MemberSerializer)
    @action(detail=True, methods=["post"], url_path="send-reset-link")
    def send_reset_link(self, request: Request, **kwargs: Any) -> Response:
        """Mail the member a link to set a new password.

        409 = the account is not this tenant's alone, so that only the person can ask for it.
        """
        member = self.get_object()
        if not belongs_here_only(member):
            # In words that do not tell where else the person works.
            raise NotNow(
                "Only the person can ask for a new password of this account, by"
                " “Forgot your password?” on the sign-in page."
            )
        ask_for_reset_link(member.user)
        return Response(self.get_serializer(member).data)


class InvitationSerializer(KnownFields, InvitationFields):
    """Invitation to this tenant."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        _check_extension(attrs["extension"])
        return super().validate(attrs)

    def create(self, validated_data: dict[str, Any]) -> Invitation:
        return super().create({**validated_data, "tenant": tenant_of(self)})


class Invitations(InvitationActions, TenantViewSet[Invitation]):
    """Invitations to this tenant; whether an address has an account elsewhere is not told."""

    permission_classes = [IsTenantAdmin]
    serializer_class = InvitationSerializer
    queryset = Invitation.objects.none()

    def get_queryset(self) -> QuerySet[Invitation]:
        mine = Invitation.objects.filter(tenant_id=self.tenant.pk)
        return mine.select_related("tenant", "invited_by")
