"""`audit/` and `visits/`: who changed what in this tenant, and which system admin looked in."""

from __future__ import annotations

from auditlog.models import LogEntry
from django.db.models import QuerySet
from rest_framework.mixins import ListModelMixin

from messaging.api.base import TenantViewSet
from tenants.api.audit import (
    AccessEntryFilter,
    AccessEntrySerializer,
    AuditFilter,
    AuditSerializer,
    all_entries,
)
from tenants.api.pagination import LongPages
from tenants.api.permissions import IsTenantAdmin
from tenants.models import AccessEntry


class TrailPages(LongPages):
    """The entries, the latest first."""

    ordering = ("-timestamp", "-id")


class Audit(ListModelMixin, TenantViewSet[LogEntry]):
    """The tenant's audit trail, newest first."""

    permission_classes = [IsTenantAdmin]
    http_method_names = ["get", "head", "options"]
    serializer_class = AuditSerializer
    filterset_class = AuditFilter
    pagination_class = TrailPages
    queryset = LogEntry.objects.none()

    def get_queryset(self) -> QuerySet[LogEntry]:
        return all_entries()


class Visits(ListModelMixin, TenantViewSet[AccessEntry]):
    """Visits of system admins in this tenant, and what they changed, newest first."""

    permission_classes = [IsTenantAdmin]
    http_method_names = ["get", "head", "options"]
    serializer_class = AccessEntrySerializer
    filterset_class = AccessEntryFilter
    queryset = AccessEntry.objects.none()

    def get_queryset(self) -> QuerySet[AccessEntry]:
        here = AccessEntry.objects.filter(tenant_id=self.tenant.pk)
        return here.select_related("user", "tenant").order_by("-at", "-pk")
