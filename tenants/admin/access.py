"""What system admins did inside tenants; to be read only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from tenants.models import AccessEntry
from tenants.sites import system_site


class ReadOnly(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Page of records that nobody changes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AccessEntry, site=system_site)
class AccessEntryAdmin(ReadOnly):
    """Trail of switched-in system admins."""

    list_display = ["at", "user", "tenant", "action", "path", "ip"]
    list_filter = ["tenant", "action"]
    list_select_related = ["user", "tenant"]
    search_fields = ["user__email", "path"]
    date_hierarchy = "at"
    show_full_result_count = False
