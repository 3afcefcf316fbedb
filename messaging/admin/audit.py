"""The tenant's audit trail, and the visits of system admins."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django_tenants.utils import tenant_context
from unfold.decorators import display

from messaging.admin.base import ScreenRequest
from tenants.admin.access import ReadOnly
from tenants.admin.audit_filters import DaysFilter
from tenants.admin.audit_list import AuditList, FewCounted
from tenants.models import AccessEntry, User
from tenants.roles import Role

_PLATFORMS = {"tenants.user", "tenants.webhookendpoint"}


class _ForAdmins:
    """Open to the tenant's admins, tabs between the two lists."""

    tab: ClassVar[str]
    show_facets = admin.ShowFacets.NEVER

    def has_module_permission(self, request: ScreenRequest) -> bool:
        role: Role | None = getattr(request, "role", None)
        return role is not None and role >= Role.ADMIN

    def has_view_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def _get_obj_does_not_exist_redirect(
        self, request: ScreenRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        raise Http404

    def changelist_view(
        self: Any, request: Any, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tabs = [
            ("Changes", "auditlog_logentry"),
            ("Visits by system admins", "tenants_accessentry"),
        ]
        items = [
            {
                "title": title,
                "link": reverse(f"{self.admin_site.name}:{name}_changelist"),
                "active": name == self.tab,
                "has_permission": True,
            }
            for title, name in tabs
        ]
        context = {"tab_list": [{"models": [str(self.opts)], "items": items}]}
        answer: HttpResponse = super().changelist_view(  # type: ignore[misc]  # a mixin
            request, context | (extra_context or {})
        )
        return answer


class AuditAdmin(_ForAdmins, AuditList):
    """Who changed what in this tenant."""

    tab = "auditlog_logentry"

    def people(self, request: ScreenRequest) -> QuerySet[User]:
        tenant = request.tenant
        visitors = AccessEntry.objects.filter(tenant=tenant).values("user")
        members = Q(memberships__tenant=tenant)
        return User.objects.filter(members | Q(pk__in=visitors)).distinct()

    def entered(self, request: ScreenRequest) -> AbstractContextManager[Any]:
        context: AbstractContextManager[Any] = tenant_context(request.tenant)
        return context

    def tells_of(self, kind: str) -> bool:
        return kind not in _PLATFORMS


class VisitAdmin(_ForAdmins, ReadOnly):
    """When a system admin came in, and each change they asked for."""

    tab = "tenants_accessentry"
    list_display = ["time", "who", "what", "page", "address"]
    list_display_links = None
    list_filter = [("at", DaysFilter)]
    list_filter_submit = True
    list_select_related = ["user"]
    list_per_page = 60
    paginator = FewCounted
    show_full_result_count = False
    actions = None
    empty_title = "No visit yet"
    empty_text = (
        "When somebody who runs the platform comes into your portal, it is written down here, and"
        " so is each change they ask for."
    )

    class Media:
        css = {"all": ["portal/audit.css"]}

    def get_queryset(self, request: ScreenRequest) -> QuerySet[AccessEntry]:
        entries: QuerySet[AccessEntry] = super().get_queryset(request)
        return entries.filter(tenant=request.tenant)

    def changelist_view(
        self, request: ScreenRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": "Visits by system admins"}
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description="Time", ordering="at")
    def time(self, entry: AccessEntry) -> Any:
        return entry.at

    @admin.display(description="Page", ordering="path")
    def page(self, entry: AccessEntry) -> str:
        return entry.path

    @admin.display(description="IP address", ordering="ip")
    def address(self, entry: AccessEntry) -> str:
        return entry.ip or ""

    @admin.display(description="Who", ordering="user__email")
    def who(self, entry: AccessEntry) -> str:
        user = entry.user
        return f"{user.name} ({user.email})" if user.name else user.email

    @display(description="What", label={"visit": "info", "change": "warning"})  # type: ignore[untyped-decorator]
    def what(self, entry: AccessEntry) -> tuple[str, str]:
        """Badge: came in, or asked for a change."""
        return ("visit", "Came in") if entry.action == "visit" else ("change", "Change")
