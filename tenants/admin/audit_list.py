"""The list of the audit trail, as both admin sites show it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from urllib.parse import urlencode

from auditlog.models import LogEntry
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from unfold.decorators import display
from unfold.views import ChangeList

from tenants import audit_words
from tenants.admin.access import ReadOnly
from tenants.admin.audit_filters import (
    ActionFilter,
    DaysFilter,
    KindFilter,
    PersonFilter,
    RowFilter,
    entries_of,
)
from tenants.audit import Action
from tenants.audit_sheet import sheet_lines
from tenants.models import User

_COUNTED = 10_000
_SHOWN = 140


class FewCounted(Paginator):  # type: ignore[type-arg]  # generic in the stubs only
    """Pages of a list that may be long: older rows are found by the filters, not by leafing."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return len(rows) if isinstance(rows, list) else int(rows[:_COUNTED].count())

    @property
    def may_hold_more(self) -> bool:
        """Tell whether counting stopped before the end."""
        return self.count >= _COUNTED


class Trail(ChangeList):  # type: ignore[misc]  # unfold has no types
    """List that knows which of the rows told of are still there."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        entries = list(self.result_list)
        tenant = getattr(request, "tenant", None)
        linked = [entry for entry in entries if self.model_admin.page_name(entry)]
        there = audit_words.existing(linked, tenant_id=tenant.pk if tenant else None)
        for entry in linked:
            model = entry.content_type.model_class()
            entry.is_there = (audit_words.key_of(model), entry.object_id) in there
        self.result_list = entries


class AuditList(ReadOnly):
    """Who changed what, from what to what; nobody changes it."""

    list_display = ["at", "person", "action_label", "subject", "changes_list", "ip"]
    list_display_links = None
    list_filter = [
        ("timestamp", DaysFilter),
        PersonFilter,
        KindFilter,
        ActionFilter,
        RowFilter,
    ]
    list_filter_submit = True
    list_select_related = ["actor", "content_type"]
    list_per_page = 60
    search_fields = ["object_repr"]
    search_help_text = "Search by what was changed"
    ordering = ["-timestamp", "-pk"]
    paginator = FewCounted
    show_full_result_count = False
    actions = None
    list_before_template = "admin/tenants/audit_toolbar.html"
    is_about_tenant = False
    empty_title = "Nothing recorded yet"
    empty_text = "Whatever somebody adds, changes or removes from now on is listed here."

    class Media:
        css = {"all": ["portal/audit.css"]}

    @abstractmethod
    def people(self, request: Any) -> Iterable[User]:
        """Return who may have done something here."""

    def entered(self, request: Any) -> AbstractContextManager[Any]:
        """Enter the schema again, for what is read after the request."""
        return nullcontext()

    def tells_of(self, kind: str) -> bool:
        """Tell whether rows of the kind are recorded here."""
        return True

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        own = path("export/", view, name="auditlog_logentry_export")
        return [own, *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Trail]:
        return Trail

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = request.GET.get(RowFilter.parameter_name, "")
        last = entries_of(LogEntry.objects.all(), row).first() if row else None
        context = {
            "title": "Audit",
            "audit_row": last.object_repr if last else "",
            "audit_export": f"{self._url('export')}?{request.GET.urlencode()}",
            "audit_all": self._url("changelist"),
        }
        answer: HttpResponse = super().changelist_view(request, context | (extra_context or {}))
        return answer

    def change_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        # The list tells all there is.
        raise Http404

    def history_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404

    def export_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Give out the filtered list as a spreadsheet."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            entries = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(self._url("changelist"))
        zone = timezone.get_current_timezone()
        lines = sheet_lines(entries, entered=lambda: self.entered(request), zone=zone)
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
        answer["Cache-Control"] = "no-store"
        return answer

    @admin.display(description="Time", ordering="timestamp")
    def at(self, entry: LogEntry) -> Any:
        return entry.timestamp

    @admin.display(description="Who")
    def person(self, entry: LogEntry) -> SafeString:
        """Name, address, and how the person came in."""
        name, email = audit_words.who(entry), ""
        if entry.actor is not None and entry.actor.name:
            name, email = entry.actor.name, entry.actor.email
        marks = []
        if audit_words.was_switched_in(entry):
            marks.append("system admin")
        if hint := audit_words.key_hint(entry):
            marks.append(f"API key {hint}…")
        return format_html(
            '<span class="tl-who"><span>{}</span>{}{}</span>',
            name,
            format_html("<small>{}</small>", email) if email else "",
            format_html_join("", '<span class="tl-mark">{}</span>', ((mark,) for mark in marks)),
        )

    @display(
        description="Action",
        ordering="action",
        label={"added": "success", "changed": "info", "removed": "danger"},
    )
    def action_label(self, entry: LogEntry) -> tuple[str, str]:
        """Badge of what became of the row."""
        name = audit_words.action_name(entry.action)
        return name.lower(), name

    @admin.display(description="What")
    def subject(self, entry: LogEntry) -> SafeString:
        """Kind and label, with a link while there is something to open."""
        kind = audit_words.kind_name(entry.content_type.model_class())
        label: str | SafeString = Truncator(entry.object_repr).chars(_SHOWN)
        if getattr(entry, "is_there", False):
            url = reverse(self.page_name(entry), args=[entry.object_id])
            label = format_html('<a class="tl-link" href="{}">{}</a>', url, label)
        return format_html(
            '<span class="tl-who"><small>{}</small><span>{}</span></span>', kind, label
        )

    @admin.display(description="Changes")
    def changes_list(self, entry: LogEntry) -> SafeString:
        """One line for each field."""
        lines = [
            (change.label, Truncator(change.told(entry.action)).chars(_SHOWN))
            for change in audit_words.changes_of(entry)
        ]
        if why := audit_words.reason(entry):
            lines.append(("reason", why))
        items = format_html_join("", "<li><b>{}:</b> {}</li>", lines)
        return format_html('<ul class="tl-changes">{}</ul>', items) if lines else items

    @admin.display(description="IP address")
    def ip(self, entry: LogEntry) -> str:
        return entry.remote_addr or ""

    def page_name(self, entry: LogEntry) -> str:
        """Return the URL name of the row's page on this site, or ""."""
        model: type[Model] | None = entry.content_type.model_class()
        if (
            model is None
            or entry.action == Action.REMOVED
            or not self.admin_site.is_registered(model)
        ):
            return ""
        return f"{self.admin_site.name}:{model._meta.app_label}_{model._meta.model_name}_change"

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        entries: QuerySet[LogEntry] = super().get_queryset(request)
        return entries.defer("serialized_data", "changes_text")

    def _url(self, page: str) -> str:
        return reverse(f"{self.admin_site.name}:auditlog_logentry_{page}")


class HistoryInTrail:
    """Screen of the system portal whose History button leads to the audit trail."""

    def history_view(
        self: Any, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        return history_of(self.admin_site.name, row)


def history_of(site_name: str, row: Model) -> HttpResponseRedirect:
    """Lead from a row's History button to its part of the trail."""
    kind = audit_words.key_of(type(row))
    url = reverse(f"{site_name}:auditlog_logentry_changelist")
    query = urlencode({RowFilter.parameter_name: f"{kind}:{row.pk}"})
    return HttpResponseRedirect(f"{url}?{query}")
