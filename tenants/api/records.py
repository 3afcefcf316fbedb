"""`audit/` and `access-entries/` of the platform: what was done, to be read only."""

from __future__ import annotations

from auditlog.models import LogEntry
from django.db.models import QuerySet
from rest_framework import mixins, viewsets

from tenants.api.audit import (
    AccessEntryFilter,
    AccessEntrySerializer,
    AuditFilter,
    AuditSerializer,
    all_entries,
)
from tenants.api.guarded import GuardedView
from tenants.api.permissions import IsSystemAdmin
from tenants.models import AccessEntry


class AuditViewSet(GuardedView, mixins.ListModelMixin, viewsets.GenericViewSet[LogEntry]):
    """Changes made outside the tenants, newest first; each tenant has a trail of its own."""

    permission_classes = [IsSystemAdmin]
    serializer_class = AuditSerializer
    filterset_class = AuditFilter
    queryset = LogEntry.objects.none()

    def get_queryset(self) -> QuerySet[LogEntry]:
        return all_entries()


class AccessEntryViewSet(GuardedView, mixins.ListModelMixin, viewsets.GenericViewSet[AccessEntry]):
    """What switched-in system admins did inside tenants, newest first."""

    permission_classes = [IsSystemAdmin]
    serializer_class = AccessEntrySerializer
    filterset_class = AccessEntryFilter
    queryset = AccessEntry.objects.select_related("user", "tenant")
