"""Exports: what was asked for, how far it is, and the finished files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html

from messaging.admin.badges import export_badge
from messaging.admin.base import ScreenRequest, TenantAdmin, national
from messaging.exports import upkeep
from messaging.exports.asking import UNFINISHED
from messaging.exports.download import file_response
from messaging.exports.selection import in_words
from messaging.models import Export
from messaging.models.export import PERSON
from tenants.schema import tenant_connection


class ExportAdmin(TenantAdmin):
    """Exports: to watch, download and delete."""

    list_display = ["what", "meant", "asked_by", "asked_at", "progress", "remove"]
    list_select_related = ["user"]
    list_before_template = "admin/messaging/exports_intro.html"
    sortable_by: list[str] = []
    ordering = ["-created_at"]
    actions = None
    fields = ["what", "meant", "asked_by", "asked_at", "progress"]

    class Media:
        css = {"all": ["messaging/log.css"]}

    def has_add_permission(self, request: ScreenRequest) -> bool:
        return False

    def has_change_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def delete_model(self, request: ScreenRequest, obj: Export) -> None:
        upkeep.delete(obj)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<uuid:key>/state/", view(self.state_view), name="messaging_export_state"),
            path("<uuid:key>/file/", view(self.file_view), name="messaging_export_file"),
            *super().get_urls(),
        ]

    def state_view(self, request: ScreenRequest, key: UUID) -> HttpResponse:
        """Give the cell of one export, which asks again until the file is there."""
        export = get_object_or_404(Export, pk=key)
        return render(request, "admin/messaging/export_state.html", _cell(export))

    def file_view(self, request: ScreenRequest, key: UUID) -> HttpResponseBase:
        """Hand out the file."""
        export = get_object_or_404(Export, pk=key, state=Export.State.DONE)
        return file_response(export)

    def get_queryset(self, request: ScreenRequest) -> QuerySet[Export]:
        rows: QuerySet[Export] = super().get_queryset(request)
        return rows.select_related("user")

    @admin.display(description="What")
    def what(self, obj: Export) -> str:
        return "A person's data" if obj.kind == PERSON else "Message log"

    @admin.display(description="Which")
    def meant(self, obj: Export) -> str:
        if obj.kind == PERSON:
            return national(obj.filters["number"])
        return "; ".join(in_words(obj.filters, tenant_connection.tenant)) or "All messages"

    @admin.display(description="Asked by")
    def asked_by(self, obj: Export) -> str:
        return str(obj.user)

    @admin.display(description="Asked at")
    def asked_at(self, obj: Export) -> Any:
        return obj.created_at

    @admin.display(description="State")
    def progress(self, obj: Export) -> str:
        """Bar while it is written, then the way to the file."""
        return render_to_string("admin/messaging/export_state.html", _cell(obj))

    @admin.display(description="Delete")
    def remove(self, obj: Export) -> str:
        return format_html(
            '<a class="tl-button" href="{}/delete/" aria-label="Delete the export of {}">'
            '<span class="material-symbols-outlined" aria-hidden="true">delete</span>Delete</a>',
            obj.pk,
            timezone.localtime(obj.created_at).strftime("%Y-%m-%d %H:%M"),
        )


def _cell(export: Export) -> dict[str, Any]:
    total = max(export.rows_total, export.rows_done)
    return {
        "export": export,
        "badge": export_badge(export.state),
        "is_unfinished": export.state in UNFINISHED,
        "percent": round(100 * export.rows_done / total) if total else 0,
    }
