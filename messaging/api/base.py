"""What every view of the tenant's API stands on."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from django.db import transaction
from django.db.models import Model, QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.mixins import (
    CreateModelMixin,
    DestroyModelMixin,
    ListModelMixin,
    RetrieveModelMixin,
    UpdateModelMixin,
)
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from messaging.models import Conversation
from messaging.visibility import visible_conversations
from tenants.api.guarded import NOTHING_HERE, GuardedView
from tenants.api.permissions import IsTenantAdmin, IsTenantUser
from tenants.models import AccessEntry, Tenant, User
from tenants.roles import Role
from tenants.schema import PortalRequest

Row = TypeVar("Row", bound=Model)


class TenantView(GuardedView):
    """View inside one tenant, which is known from the URL alone."""

    @property
    def tenant(self) -> Tenant:
        """The tenant of the URL."""
        tenant = self._http.tenant
        assert tenant is not None  # noqa: S101  # the permission has judged it
        return tenant

    @property
    def person(self) -> User:
        """Who asks."""
        return cast("User", self.request.user)

    @property
    def role(self) -> Role:
        """What the person is in the tenant, as the permission found."""
        role = self._http.role
        assert role is not None  # noqa: S101  # the permission has found it
        return role

    @property
    def _http(self) -> PortalRequest:
        return cast("PortalRequest", self.request._request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Judge the request, then leave a trail of what system admins change."""
        super().initial(request, *args, **kwargs)
        self._note_change(request)

    def conversations(self) -> QuerySet[Conversation]:
        """Return the threads that the person may see."""
        return visible_conversations(self.person, self.role, self.tenant)

    def _note_change(self, request: Request) -> None:
        # A key has no session to remember visits in, so only changes leave a trail here.
        if self.role != Role.SYSTEM or request.method in SAFE_METHODS:
            return
        AccessEntry.objects.create(
            user=self.person,
            tenant=self.tenant,
            action=request.method or "",
            path=request.path[:500],
            ip=request.META.get("REMOTE_ADDR") or None,
        )


class TenantViewSet(TenantView, GenericViewSet[Row]):
    """Rows of the tenant's schema by number; what is not in the queryset is a 404."""


class ConfigurationViewSet(
    TenantViewSet[Row],
    ListModelMixin,
    CreateModelMixin,
    RetrieveModelMixin,
    UpdateModelMixin,
    DestroyModelMixin,
):
    """Rows that a tenant admin lists, adds, changes and removes."""

    permission_classes = [IsTenantAdmin]
    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options"]

    # A savepoint each: a constraint that says no must leave the connection usable.
    @transaction.atomic
    def perform_create(self, serializer: BaseSerializer[Row]) -> None:
        serializer.save()

    @transaction.atomic
    def perform_update(self, serializer: BaseSerializer[Row]) -> None:
        serializer.save()

    @transaction.atomic
    def perform_destroy(self, instance: Row) -> None:
        instance.delete()


class NoSuchAddress(TenantView):
    """Every other address under the API: without it the portal would answer with its sign-in."""

    permission_classes = [IsTenantUser]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Answer 404 to whoever may call the API at all."""
        super().initial(request, *args, **kwargs)
        raise NotFound(NOTHING_HERE)
