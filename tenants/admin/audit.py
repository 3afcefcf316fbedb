"""The audit trail of the platform: tenants, people, the number directory, keys."""

from __future__ import annotations

from typing import Any

from auditlog.models import LogEntry
from django.contrib import admin
from django.db.models import QuerySet

from tenants.admin.audit_list import AuditList
from tenants.audit_words import model_of
from tenants.models import User
from tenants.sites import system_site

_ENDPOINT = "tenants.webhookendpoint"


@admin.register(LogEntry, site=system_site)
class PlatformAudit(AuditList):
    """What was changed outside the tenants; each tenant has a trail of its own."""

    def people(self, request: Any) -> QuerySet[User]:
        return User.objects.filter(is_system_admin=True)

    def tells_of(self, kind: str) -> bool:
        model = model_of(kind)
        return model is not None and model._meta.app_label == "tenants" and kind != _ENDPOINT
