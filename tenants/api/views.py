"""The platform's API: tenants, trunks, phone numbers and memberships, for system admins."""

from __future__ import annotations

from typing import Any, cast

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api import refusals
from tenants.api.allotment import AllotsNumbers
from tenants.api.guarded import GuardedView
from tenants.api.permissions import IsSystemAdmin
from tenants.api.serializers import (
    MembershipSerializer,
    PhoneNumberSerializer,
    RemovalSerializer,
    TenantSerializer,
    TrunkSerializer,
)
from tenants.deletion import InUse, delete_unused
from tenants.models import Membership, PhoneNumber, Tenant, Trunk, User
from tenants.models.tenant import SLUG_PATTERN
from tenants.removal import StillOpen, begin_removal


class _DeletesUnused:
    def perform_destroy(self, instance: Any) -> None:
        try:
            delete_unused(instance)
        except InUse as error:
            raise refusals.InUse from error


class TenantFilter(django_filters.FilterSet):  # type: ignore[misc]  # no types
    """By name, activity and state."""

    q = django_filters.CharFilter(method="search", label="Part of the name or the slug.")

    class Meta:
        model = Tenant
        fields = ["is_active", "messaging_enabled", "state"]

    def search(self, rows: QuerySet[Tenant], name: str, value: str) -> QuerySet[Tenant]:
        """Look in both."""
        return rows.filter(Q(name__icontains=value) | Q(slug__icontains=value))


class TenantViewSet(
    GuardedView,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.ListModelMixin,
    viewsets.GenericViewSet[Tenant],
):
    """Tenants, named by slug. Suspend one by `is_active`; only then it can be removed."""

    permission_classes = [IsSystemAdmin]
    serializer_class = TenantSerializer
    queryset = Tenant.objects.all()
    lookup_field = "slug"
    lookup_value_regex = SLUG_PATTERN
    filterset_class = TenantFilter

    @extend_schema(responses={201: TenantSerializer, 202: TenantSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Open a tenant; 202 = its schema is being made, watch `state`."""
        response = super().create(request, *args, **kwargs)
        if response.data["state"] != Tenant.State.READY:
            response.status_code = status.HTTP_202_ACCEPTED
        return response

    @extend_schema(request=RemovalSerializer, responses={202: TenantSerializer})
    @action(detail=True, methods=["post"])
    def remove(self, request: Request, slug: str) -> Response:
        """Remove a suspended tenant for good, with all it has; 404 on its address = done."""
        tenant = self.get_object()
        typed = RemovalSerializer(data=request.data, context={"slug": tenant.slug})
        typed.is_valid(raise_exception=True)
        try:
            begin_removal(
                tenant,
                by=cast("User", request.user),
                ip=request.META.get("REMOTE_ADDR") or None,
            )
        except StillOpen as error:
            raise refusals.NotNow(str(error)) from error
        tenant.refresh_from_db()
        return Response(self.get_serializer(tenant).data, status=status.HTTP_202_ACCEPTED)


class TrunkFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    """By tenant's slug, provider, enabled."""

    tenant = django_filters.CharFilter(field_name="tenant__slug")

    class Meta:
        model = Trunk
        fields = ["provider", "enabled"]


class TrunkViewSet(_DeletesUnused, GuardedView, viewsets.ModelViewSet[Trunk]):
    """Trunks; one in use is not deleted (409)."""

    permission_classes = [IsSystemAdmin]
    serializer_class = TrunkSerializer
    queryset = Trunk.objects.select_related("tenant")
    filterset_class = TrunkFilter


class PhoneNumberFilter(django_filters.FilterSet):  # type: ignore[misc]  # no types
    """By tenant's slug, trunk, kind, registration, number in E.164."""

    tenant = django_filters.CharFilter(field_name="tenant__slug")

    class Meta:
        model = PhoneNumber
        fields = ["number", "trunk", "kind", "registration", "is_main"]


class PhoneNumberViewSet(
    AllotsNumbers, _DeletesUnused, GuardedView, viewsets.ModelViewSet[PhoneNumber]
):
    """The number directory; a number in use is not deleted (409)."""

    permission_classes = [IsSystemAdmin]
    serializer_class = PhoneNumberSerializer
    queryset = PhoneNumber.objects.select_related("tenant", "trunk__tenant")
    filterset_class = PhoneNumberFilter


class MembershipFilter(django_filters.FilterSet):  # type: ignore[misc]  # no types
    """By tenant's slug, e-mail, role."""

    tenant = django_filters.CharFilter(field_name="tenant__slug")
    email = django_filters.CharFilter(field_name="user__email", lookup_expr="iexact")

    class Meta:
        model = Membership
        fields = ["role", "is_active"]


class MembershipViewSet(GuardedView, viewsets.ModelViewSet[Membership]):
    """Who is what in which tenant."""

    permission_classes = [IsSystemAdmin]
    serializer_class = MembershipSerializer
    queryset = Membership.objects.select_related("user", "tenant")
    filterset_class = MembershipFilter
