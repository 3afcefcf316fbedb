"""`users/`: the accounts of the platform, and help for people who cannot get in."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from tenants import sessions
from tenants.api.fields import KnownFields
from tenants.api.guarded import GuardedView
from tenants.api.permissions import IsSystemAdmin
from tenants.api.refusals import NotNow, QueueDown
from tenants.audit import change
from tenants.mails import request_reset_link
from tenants.models import User
from tenants.models.people import SECOND_FACTORS


class UserSerializer(KnownFields, serializers.ModelSerializer[User]):
    """A person's account. The password is the person's own business."""

    email = serializers.EmailField(max_length=254)
    two_step = serializers.BooleanField(
        source="has_two_step", read_only=True, help_text="Two-step sign-in is set up."
    )

    class Meta:
        model = User
        fields: ClassVar[list[str]] = [
            "id",
            "email",
            "name",
            "is_system_admin",
            "is_active",
            "two_step",
            "last_login",
            "date_joined",
        ]
        read_only_fields: ClassVar[list[str]] = ["is_active", "last_login", "date_joined"]

    def validate_email(self, email: str) -> str:
        """Keep one account to an address, in any case of letters."""
        email = email.lower()
        others = User.objects.filter(email__iexact=email).exclude(pk=self._user.pk)
        if others.exists():
            raise serializers.ValidationError("There is an account of this address already.")
        return email

    def validate_is_system_admin(self, value: bool) -> bool:  # noqa: FBT001
        """Let nobody lock the own door from the inside."""
        own = self._user.pk == self.context["request"].user.pk
        if own and value != self._user.is_system_admin:
            raise serializers.ValidationError("You cannot change your own rights.")
        return value

    @property
    def _user(self) -> User:
        assert isinstance(self.instance, User)  # noqa: S101  # people are invited, not created here
        return self.instance


class UserFilter(django_filters.FilterSet):  # type: ignore[misc]  # no types
    """By e-mail or name, rights, activity and tenant."""

    q = django_filters.CharFilter(method="search", label="Part of the e-mail address or the name.")
    tenant = django_filters.CharFilter(
        field_name="memberships__tenant__slug", label="Members of this tenant, by its slug."
    )
    two_step = django_filters.BooleanFilter(field_name="has_two_step")

    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["is_system_admin", "is_active"]

    def search(self, people: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        """Look in both."""
        return people.filter(Q(email__icontains=value) | Q(name__icontains=value))


class UserViewSet(
    GuardedView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet[User],
):
    """Accounts. People come by `invitations/`; who has left is deactivated, not deleted."""

    permission_classes = [IsSystemAdmin]
    http_method_names = ["get", "post", "patch", "head", "options"]
    serializer_class = UserSerializer
    queryset = User.objects.all()
    filterset_class = UserFilter

    def get_queryset(self) -> QuerySet[User]:
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS)
        return super().get_queryset().annotate(has_two_step=Exists(factors))

    @transaction.atomic
    def perform_update(self, serializer: BaseSerializer[User]) -> None:
        user = serializer.save()
        if "email" in serializer.validated_data:
            # allauth keeps a copy, which would go on opening the door.
            EmailAddress.objects.filter(user=user).exclude(email__iexact=user.email).delete()

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="send-reset-link")
    def send_reset_link(self, request: Request, **kwargs: Any) -> Response:
        """Mail a link to set a new password. It works once; until then the password stays."""
        user = self.get_object()
        ask_for_reset_link(user)
        return self._told(user)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="end-sessions")
    def end_sessions(self, request: Request, **kwargs: Any) -> Response:
        """Sign the person out everywhere. API keys go on working."""
        user = self.get_object()
        sessions.end_sessions(user)
        return self._told(user)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="reset-second-factor")
    def reset_second_factor(self, request: Request, **kwargs: Any) -> Response:
        """Forget app, passkeys and recovery codes, and end all sessions."""
        user = self.get_object()
        sessions.reset_second_factor(user)
        return self._told(user)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, **kwargs: Any) -> Response:
        """Close the account at once, API keys with it. 409 = it is your own."""
        user = self.get_object()
        if user.pk == request.user.pk:
            raise NotNow("You cannot deactivate your own account.")
        sessions.switch_off(user)
        return self._told(user)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, **kwargs: Any) -> Response:
        """Open the account again, with the memberships it had."""
        user = self.get_object()
        change(User.objects.filter(pk=user.pk), is_active=True)
        return self._told(user)

    def _told(self, user: User) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=user.pk)).data)


def ask_for_reset_link(user: User) -> None:
    """Have a link to set a new password mailed.

    Raises NotNow for an account that is switched off, QueueDown.
    """
    if not user.is_active:
        raise NotNow("This account is switched off: activate it first.")
    if not request_reset_link(user):
        raise QueueDown
