"""Pages that take a list in from a spreadsheet and give it out as one."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminFileFieldWidget

from messaging.admin.base import ScreenRequest, TenantAdmin
from messaging.spreadsheets.reading import BYTES_LIMIT, UnreadableFile
from messaging.spreadsheets.resource import Outcome, SheetResource
from messaging.spreadsheets.uploads import WaitingFile
from messaging.spreadsheets.writing import ROWS_LIMIT, export, template

SHOWN = 200  # rows and problems that a page shows; the counts are of all


class UploadForm(forms.Form):
    """The file to look at."""

    file = forms.FileField(
        label="CSV file",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,text/csv"}),
        error_messages={
            "required": "Choose a file.",
            "missing": "Choose a file.",
            "empty": "The file is empty.",
        },
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > BYTES_LIMIT:
            raise forms.ValidationError("The file is larger than 2 MB: split it.")
        return file


class Selection(ChangeList):  # type: ignore[misc]  # unfold has no types
    """What a list shows, filters and search included, without counting and reading a page of it."""

    def get_results(self, request: ScreenRequest) -> None:
        self.result_count = self.full_result_count = 0
        self.result_list: list[Any] = []
        self.show_full_result_count = self.show_admin_actions = False
        self.can_show_all = self.multi_page = False


class SheetAdmin(TenantAdmin):
    """Screen whose list can be imported and exported."""

    sheet: ClassVar[type[SheetResource]]
    offers_spreadsheets = True

    def get_urls(self) -> list[URLPattern]:
        info = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        own = [
            path("import/", wrap(self.import_view), name=f"{info}_import"),
            path("import/template/", wrap(self.template_view), name=f"{info}_import_template"),
            path("export/", wrap(self.export_view), name=f"{info}_export"),
        ]
        return [*own, *super().get_urls()]

    def get_changelist(self, request: ScreenRequest, **kwargs: Any) -> type[ChangeList]:
        match = request.resolver_match
        is_export = match is not None and str(match.url_name).endswith("_export")
        return Selection if is_export else super().get_changelist(request, **kwargs)

    def import_view(self, request: ScreenRequest) -> HttpResponseBase:
        """Ask for a file, show what it would do, do it: in three steps, the last two POST."""
        self._check_may_import(request)
        sheet = self.sheet(request.tenant)
        if request.method != "POST":
            return self._page(request, sheet, form=UploadForm())
        if "waiting" in request.POST:
            return self._store(request, sheet, request.POST["waiting"])
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, sheet, form=form)
        data: bytes = form.cleaned_data["file"].read()
        try:
            outcome = sheet.run(sheet.read(data), store=False)
        except UnreadableFile as error:
            form.add_error("file", str(error))
            return self._page(request, sheet, form=form)
        waiting = ""
        if not outcome.problems:
            file = self._waiting(request, None)
            file.save(data)
            waiting = str(file.name)
        return self._page(request, sheet, form=UploadForm(), outcome=outcome, waiting=waiting)

    def template_view(self, request: ScreenRequest) -> HttpResponseBase:
        """Give out a file with the columns' names, to fill in."""
        self._check_may_import(request)
        return _as_file(HttpResponse(template(self.sheet(request.tenant))), self._name("template"))

    def export_view(self, request: ScreenRequest) -> HttpResponseBase:
        """Give out what the list shows, filters and search included."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            shown = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(self._list_url())
        keys = list(shown.values_list("pk", flat=True)[: ROWS_LIMIT + 1])
        if len(keys) > ROWS_LIMIT:
            text = f"These are more than {ROWS_LIMIT:,} rows: filter the list first."
            return self._back(request, self._list_url(), text)
        rows = self.get_queryset(request).select_related(*(self.list_select_related or []))
        sheet = self.sheet(request.tenant)
        return _as_file(StreamingHttpResponse(export(sheet, keys, rows)), self._name("export"))

    def _store(self, request: ScreenRequest, sheet: SheetResource, name: str) -> HttpResponseBase:
        file = self._waiting(request, name)
        data = file.read()
        if data is None:
            form = UploadForm()
            text = "The file is not there any more: please choose it again."
            self.message_user(request, text, messages.ERROR)
            return self._page(request, sheet, form=form)
        file.remove()
        # Judged anew: what is stored may have changed since the person looked.
        outcome = sheet.run(sheet.read(data), store=True)
        if outcome.problems:
            return self._page(request, sheet, form=UploadForm(), outcome=outcome)
        text = f"Imported: {outcome.count('new')} added, {outcome.count('changed')} changed."
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(self._list_url())

    def _page(
        self,
        request: ScreenRequest,
        sheet: SheetResource,
        *,
        form: UploadForm,
        outcome: Outcome | None = None,
        waiting: str = "",
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Import {sheet.title}",
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "sheet": sheet,
            "waiting": waiting,
            "list_url": self._list_url(),
            **(_shown(outcome) if outcome else {}),
        }
        return TemplateResponse(request, "admin/messaging/import.html", context)

    def _waiting(self, request: ScreenRequest, name: str | None) -> WaitingFile:
        kind = str(self.opts.model_name)
        return WaitingFile(tenant=request.tenant, user=request.user, kind=kind, name=name)

    def _check_may_import(self, request: ScreenRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def _list_url(self) -> str:
        name = f"{self.opts.app_label}_{self.opts.model_name}_changelist"
        return reverse(f"{self.admin_site.name}:{name}")

    def _name(self, what: str) -> str:
        kind = self.sheet.title.lower().replace(" ", "-")
        if what == "template":
            return f"{kind}-template.csv"
        return f"{kind}-{timezone.localdate():%Y-%m-%d}.csv"


def _shown(outcome: Outcome) -> dict[str, Any]:
    lines = [line for line in outcome.lines if line.kind != "unchanged"]
    return {
        "outcome": outcome,
        "lines": lines[:SHOWN],
        "more_lines": max(0, len(lines) - SHOWN),
        "problems": outcome.problems[:SHOWN],
        "more_problems": max(0, len(outcome.problems) - SHOWN),
        "counts": {kind: outcome.count(kind) for kind in ("new", "changed", "unchanged")},
    }


def _as_file(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Content-Type"] = "text/csv; charset=utf-8"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
