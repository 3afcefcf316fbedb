"""`audit/`: who changed what in this tenant."""

from __future__ import annotations

from auditlog.models import LogEntry
from django.db.models import QuerySet
from rest_framework.mixins import ListModelMixin

from messaging.api.base import TenantViewSet
from tenants.api.audit import AuditFilter, AuditSerializer, all_entries
from tenants.api.permissions import IsTenantAdmin


class Audit(ListModelMixin, TenantViewSet[LogEntry]):
    """The tenant's audit trail, newest first."""

    permission_classes = [IsTenantAdmin]
    http_method_names = ["get", "head", "options"]
    serializer_class = AuditSerializer
    filterset_class = AuditFilter
    queryset = LogEntry.objects.none()

    def get_queryset(self) -> QuerySet[LogEntry]:
        return all_entries()
