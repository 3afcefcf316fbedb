"""What system admins did inside tenants; to be read only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import display

from tenants.admin.csv_export import csv_response
from tenants.admin.filters import DayRange
from tenants.models import AccessEntry
from tenants.removal import REMOVED
from tenants.sites import system_site

_ACTIONS = {
    "visit": "Visit",
    "POST": "Change",
    "PUT": "Change by API (PUT)",
    "PATCH": "Change by API (PATCH)",
    "DELETE": "Delete by API",
    REMOVED: "Tenant removed",
}
_COLOURS = {"Visit": "info", "Delete by API": "danger", "Tenant removed": "danger"}
_HEADERS = ["time_utc", "admin", "name", "tenant", "action", "path", "ip"]


class ReadOnly(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Page of records that nobody changes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ActionFilter(DropdownFilter):  # type: ignore[misc]  # unfold has no types
    """By what was done."""

    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(_ACTIONS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AccessEntry, site=system_site)
class AccessEntryAdmin(ReadOnly):
    """Trail of switched-in system admins."""

    list_display = ["time", "user", "tenant", "what", "page", "address"]
    list_display_links = ["time"]
    list_filter = [
        ("user", AutocompleteSelectFilter),
        ("tenant", AutocompleteSelectFilter),
        ActionFilter,
        ("at", DayRange),
    ]
    list_filter_submit = True
    list_select_related = ["user", "tenant"]
    list_before_template = "system/access_export.html"
    list_per_page = 50
    search_fields = ["user__email", "user__name", "tenant__name", "path", "ip"]
    search_help_text = "Search by admin, tenant, address of the page or IP"
    show_full_result_count = False
    empty_title = "No visits yet"
    empty_text = "When a system admin enters a tenant, that and each change is listed here."
    fields = ["time", "user", "tenant", "what", "page", "address"]
    readonly_fields = fields

    def get_urls(self) -> list[Any]:
        export = path(
            "export/",
            self.admin_site.admin_view(self.export),
            name="tenants_accessentry_export",
        )
        return [export, *super().get_urls()]

    @display(description="Time (UTC)", ordering="at")
    def time(self, entry: AccessEntry) -> str:
        return f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"

    @display(description="Action", ordering="action", label=_COLOURS)
    def what(self, entry: AccessEntry) -> str:
        return _ACTIONS.get(entry.action, entry.action)

    @display(description="Page", ordering="path")
    def page(self, entry: AccessEntry) -> str:
        return entry.path

    @display(description="IP address", ordering="ip")
    def address(self, entry: AccessEntry) -> str:
        return entry.ip or "-"

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Send what the list's filters leave, as CSV."""
        try:
            entries = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            messages.error(request, "These filters do not fit together; nothing was exported.")
            return redirect("admin:tenants_accessentry_changelist")
        name = f"access-log-{timezone.now():%Y-%m-%d}.csv"
        return csv_response(name, _HEADERS, _rows(entries))


def _rows(entries: QuerySet[AccessEntry]) -> Iterator[list[object]]:
    for entry in entries.iterator(chunk_size=2000):
        yield [
            entry.at.astimezone(UTC).isoformat(timespec="seconds"),
            entry.user.email,
            entry.user.name,
            entry.tenant.name if entry.tenant else "",
            entry.action,
            entry.path,
            entry.ip,
        ]
