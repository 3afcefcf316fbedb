"""`invitations/` of both APIs: asking people in by mail."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import invitations
from tenants.api.fields import KnownFields
from tenants.api.guarded import GuardedView
from tenants.api.permissions import IsSystemAdmin
from tenants.api.serializers import TenantField
from tenants.models import Invitation, Membership, Tenant, User

_STATES = ["open", "accepted", "revoked", "expired"]


class Closed(APIException):
    """The invitation was used or revoked before."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "closed"
    default_detail = "This invitation was used or revoked: there is nothing to send or revoke."


class InvitationFields(serializers.ModelSerializer[Invitation]):
    """What both APIs tell of an invitation; its link is in the mail and nowhere else."""

    name = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    extension = serializers.CharField(max_length=10, required=False, default="", allow_blank=True)
    state = serializers.SerializerMethodField()
    invited_by = serializers.EmailField(source="invited_by.email", read_only=True, default=None)

    class Meta:
        model = Invitation
        fields: ClassVar[list[str]] = [
            "id",
            "email",
            "name",
            "role",
            "extension",
            "state",
            "invited_by",
            "created_at",
            "sent_at",
            "expires_at",
            "accepted_at",
        ]
        read_only_fields: ClassVar[list[str]] = ["sent_at", "expires_at", "accepted_at"]

    @extend_schema_field({"type": "string", "enum": _STATES})
    def get_state(self, invitation: Invitation) -> str:
        return invitations.state_of(invitation)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("role") == Membership.Role.EXTENSION and not attrs["extension"]:
            raise serializers.ValidationError(
                {"extension": "An extension user needs an extension."}
            )
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Invitation:
        email = validated_data.pop("email")
        by: User = self.context["request"].user
        tenant = validated_data.pop("tenant")
        try:
            return invitations.invite(email, tenant=tenant, by=by, **validated_data)
        except invitations.NotInvited as error:
            raise serializers.ValidationError({"email": str(error)}) from error


class PlatformInvitation(KnownFields, InvitationFields):
    """Invitation to a tenant or, with `system_admin`, to run the platform."""

    tenant = TenantField(
        slug_field="slug", queryset=Tenant.objects.all(), allow_null=True, default=None
    )
    role = serializers.ChoiceField(choices=Membership.Role.choices, default=Membership.Role.ADMIN)
    system_admin = serializers.BooleanField(default=False, write_only=True)

    class Meta(InvitationFields.Meta):
        fields: ClassVar[list[str]] = [*InvitationFields.Meta.fields, "tenant", "system_admin"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        is_system_admin = attrs.pop("system_admin")
        if is_system_admin and attrs["tenant"]:
            detail = "A system admin belongs to no tenant: leave this out."
            raise serializers.ValidationError({"tenant": detail})
        if not is_system_admin and attrs["tenant"] is None:
            detail = "Say which tenant, or set system_admin."
            raise serializers.ValidationError({"tenant": detail})
        if is_system_admin:
            attrs.update(role=Membership.Role.ADMIN, extension="")
        return super().validate(attrs)


class InvitationActions(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Invitation],
):
    """List, invite, send again, revoke; what was sent is never edited."""

    filterset_fields = ["role", "email"]

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, **kwargs: Any) -> Response:
        """Mail a new link, good for seven days; the old one stops working. 409 = it is closed."""
        return self._changed(invitations.send_again(self.get_object()))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, **kwargs: Any) -> Response:
        """Make the link useless. 409 = it was used or revoked before."""
        return self._changed(invitations.revoke(self.get_object()))

    def _changed(self, done: bool) -> Response:  # noqa: FBT001
        if not done:
            raise Closed
        found = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return Response(self.get_serializer(found).data)


class PlatformInvitations(GuardedView, InvitationActions):
    """Invitations to all tenants and to the platform itself."""

    permission_classes = [IsSystemAdmin]
    serializer_class = PlatformInvitation
    queryset = Invitation.objects.select_related("tenant", "invited_by")
