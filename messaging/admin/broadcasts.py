"""Broadcasts: written, looked at before they start, and watched while they are sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q, QuerySet, Subquery
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.text import Truncator

from messaging.admin.badges import broadcast_badge
from messaging.admin.base import ScreenRequest, TenantAdmin, national
from messaging.admin.broadcast_actions import BroadcastActions
from messaging.admin.broadcast_form import SHOWN_WHEN, BroadcastForm, contact_title
from messaging.admin.broadcast_results import progress_of, results_page, results_sheet
from messaging.broadcasts import audience
from messaging.broadcasts.preview import preview
from messaging.broadcasts.states import EDITABLE
from messaging.models import Broadcast, Contact, SendingPolicy
from messaging.outbound.lines import Line, lines

_State = Broadcast.State
_DELETABLE = (_State.DRAFT, _State.DONE, _State.CANCELED)
_FOUND = 20


class BroadcastAdmin(BroadcastActions, TenantAdmin):
    """Broadcasts of the company, newest first."""

    form = BroadcastForm
    add_label = "New broadcast"
    list_display = ["name", "state_badge", "ours", "start", "people", "when", "written_by"]
    list_filter = ["state"]
    list_per_page = 20
    search_fields = ["name", "text"]
    search_help_text = "Search by name or words of the text"
    ordering = ["-created_at"]
    sortable_by = ["name"]
    actions = None
    conditional_fields = SHOWN_WHEN
    change_form_outer_before_template = "admin/messaging/broadcast_panel.html"
    empty_title = "No broadcasts yet"
    empty_text = (
        "A broadcast sends one text to many people, each alone: nobody sees the others, and answers"
        " come in as usual. Whoever opted out is left out by itself."
    )
    empty_links = (("Import contacts", "admin:messaging_contact_import"),)

    class Media:
        css = {"all": ["messaging/log.css", "messaging/broadcasts.css"]}

    def get_queryset(self, request: ScreenRequest) -> QuerySet[Broadcast]:
        rows: QuerySet[Broadcast] = super().get_queryset(request)
        return rows.select_related("author").annotate(
            people_count=Count("recipients"),
            sender_name=Subquery(SendingPolicy.objects.filter(pk=1).values("sender_name")),
        )

    def get_object(
        self, request: ScreenRequest, object_id: str, from_field: str | None = None
    ) -> Broadcast | None:
        # Each of the buttons asks for the row.
        known: dict[str, Broadcast | None] = request.__dict__.setdefault("_broadcasts", {})
        if object_id not in known:
            known[object_id] = super().get_object(request, object_id, from_field)
        return known[object_id]

    def get_form(
        self, request: ScreenRequest, obj: Any = None, change: Any = False, **kwargs: Any
    ) -> type[BroadcastForm]:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.lines = self._lines(request)
        return form  # type: ignore[no-any-return]

    def _lines(self, request: ScreenRequest) -> list[Line]:
        # Form and preview both ask.
        if "_lines" not in request.__dict__:
            request.__dict__["_lines"] = lines(request.tenant)
        found: list[Line] = request.__dict__["_lines"]
        return found

    def may_change(self, request: ScreenRequest, obj: Any) -> bool:
        return obj.state in EDITABLE

    def has_delete_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        if not self.has_module_permission(request):
            return False
        return not isinstance(obj, Broadcast) or obj.state in _DELETABLE

    def get_fieldsets(self, request: ScreenRequest, obj: Any = None) -> Any:
        if obj is not None and not self.may_change(request, obj):
            return [("Text", {"fields": ["ours", "whole_text"]})]
        return [
            ("Text", {"fields": ["name", "our_number", "text"]}),
            ("Recipients", {"fields": ["audience", "tag", "contacts", "numbers", "file"]}),
        ]

    def get_readonly_fields(self, request: ScreenRequest, obj: Any = None) -> list[str]:
        is_fixed = obj is not None and not self.may_change(request, obj)
        return ["ours", "whole_text"] if is_fixed else []

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        own = [
            ("state", self.state_view),
            ("recipients", self.recipients_view),
            ("results", self.sheet_view),
        ]
        return [
            path("contacts/", view(self.contacts_view), name="messaging_broadcast_contacts"),
            *(
                path(f"<uuid:broadcast_id>/{name}/", view(page), name=f"messaging_broadcast_{name}")
                for name, page in own
            ),
            *super().get_urls(),
        ]

    def add_view(
        self,
        request: ScreenRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        one_way = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(  # type: ignore[no-any-return]
            request, form_url, one_way | (extra_context or {})
        )

    def change_view(
        self,
        request: ScreenRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        context = {"title": "Broadcast", "show_save_and_add_another": False}
        context["show_save_and_continue"] = False
        context |= extra_context or {}
        broadcast = self._found(request, object_id)
        if broadcast is not None:
            context["row_title"] = broadcast.name
            if broadcast.state in EDITABLE:
                context["preview"] = found = preview(broadcast, self._lines(request))
                context["samples"] = [(national(n), text) for n, text in found.samples]
            else:
                context |= progress_of(broadcast)
        return super().change_view(  # type: ignore[no-any-return]
            request, object_id, form_url, context
        )

    def contacts_view(self, request: ScreenRequest) -> JsonResponse:
        """Find contacts to pick, as the field asks for them."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        term = request.GET.get("term", "").replace("\x00", "").strip()[:100]
        digits = "".join(character for character in term if character.isdecimal())
        wanted = Q(name__icontains=term) | Q(company__icontains=term)
        if digits:
            wanted |= Q(number__contains=digits)
        found = Contact.objects.filter(wanted).order_by("name", "pk")
        start = _FOUND * (max(1, _page_number(request.GET.get("page", ""))) - 1)
        rows = list(found[start : start + _FOUND + 1])
        results = [{"id": str(c.pk), "text": contact_title(c)} for c in rows[:_FOUND]]
        return JsonResponse({"results": results, "pagination": {"more": len(rows) > _FOUND}})

    def state_view(self, request: ScreenRequest, broadcast_id: UUID) -> HttpResponse:
        """Give the figures of one broadcast, which ask again while it is being sent."""
        context = progress_of(self._one(request, broadcast_id))
        return render(request, "admin/messaging/broadcast_progress.html", context)

    def recipients_view(self, request: ScreenRequest, broadcast_id: UUID) -> HttpResponse:
        """Show what became of each recipient."""
        return results_page(self, request, self._one(request, broadcast_id))

    def sheet_view(self, request: ScreenRequest, broadcast_id: UUID) -> HttpResponseBase:
        """Give the results out as CSV."""
        return results_sheet(request, self._one(request, broadcast_id))

    def save_model(
        self, request: ScreenRequest, obj: Broadcast, form: BroadcastForm, change: Any
    ) -> None:
        if not change:
            obj.author = request.user
            obj.save()
        else:
            # It may have been started since the form was judged; then nothing is saved.
            editable = Broadcast.objects.select_for_update().filter(state__in=EDITABLE)
            if not editable.filter(pk=obj.pk).exists():
                self.message_user(request, "Not saved: it has been started.", messages.ERROR)
                return
            obj.save(update_fields=["name", "our_number", "text"])
        if form.found is not None:
            audience.replace(obj, form.found)
            self.message_user(request, form.found.in_words)

    def response_add(
        self, request: ScreenRequest, obj: Broadcast, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._to(request, obj)

    def response_change(self, request: ScreenRequest, obj: Broadcast) -> HttpResponse:
        return self._to(request, obj)

    def _found(self, request: ScreenRequest, object_id: str) -> Broadcast | None:
        try:
            return self.get_object(request, object_id)
        except (ValidationError, ValueError):
            return None

    def _one(self, request: ScreenRequest, broadcast_id: UUID) -> Broadcast:
        found = self.get_object(request, str(broadcast_id))
        if found is None or not self.has_view_permission(request, found):
            raise Http404
        return found

    @admin.display(description="State", ordering="state")
    def state_badge(self, obj: Broadcast) -> str:
        return broadcast_badge(obj.state)

    @admin.display(description="From")
    def ours(self, obj: Broadcast) -> str:
        return national(obj.our_number)

    @admin.display(description="Text")
    def start(self, obj: Broadcast) -> str:
        return Truncator(obj.text).chars(60)

    @admin.display(description="Text")
    def whole_text(self, obj: Broadcast) -> str:
        return obj.text

    @admin.display(description="Recipients")
    def people(self, obj: Broadcast) -> str:
        return f"{obj.people_count:,}"  # type: ignore[attr-defined]  # annotated

    @admin.display(description="When")
    def when(self, obj: Broadcast) -> Any:
        return obj.started_at or obj.scheduled_at or "-"

    @admin.display(description="Written by")
    def written_by(self, obj: Broadcast) -> str:
        return str(obj.author) if obj.author else "Nobody"

    def page_of(self, broadcast: Broadcast) -> str:
        """Address of the broadcast's own page."""
        return reverse("admin:messaging_broadcast_change", args=[broadcast.pk])


def _page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
