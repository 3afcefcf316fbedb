"""The webhook log of the system portal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
)
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator

from providers.log_search import newest_of, received_before, received_since
from providers.models import WebhookEvent
from providers.payloads import readable
from providers.replay import DISCARDABLE, discard, replay
from tenants.admin.confirmation import ask_first
from tenants.admin.filters import DayRange
from tenants.sites import system_site

_COLOURS = {
    "pending": "info",
    "processed": "success",
    "unrouted": "warning",
    "rejected": "danger",
    "failed": "danger",
    "discarded": "",
}
_TYPES_FROM = 1000
_MOST = 10_000
_AT_MOST = f" At most {_MOST:,} at once, the newest."


class Received(DayRange):
    """By day, found by the order of the log: its times have no index."""

    def since(self, queryset: QuerySet[Any], moment: datetime) -> QuerySet[Any]:
        return received_since(queryset, moment)

    def before(self, queryset: QuerySet[Any], moment: datetime) -> QuerySet[Any]:
        return received_before(queryset, moment)


class ProviderFilter(DropdownFilter):  # type: ignore[misc]  # unfold has no types
    """By carrier."""

    title = "provider"
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(slug, slug.capitalize()) for slug in settings.PROVIDERS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(provider=self.value()) if self.value() else queryset


class TypeFilter(DropdownFilter):  # type: ignore[misc]  # unfold has no types
    """By the carrier's name of the event, as far as the newest events know it."""

    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = WebhookEvent.objects.order_by("-id").values_list("type", flat=True)[:_TYPES_FROM]
        known = {*newest, self.value() or ""} - {""}
        return [(kind, kind) for kind in sorted(known)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(type=self.value()) if self.value() else queryset


@admin.register(WebhookEvent, site=system_site)
class WebhookEventAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """What carriers posted, and what became of it. Read only but for replay and discard."""

    list_display = ["received", "owner", "carrier", "type", "status", "attempts", "error"]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("tenant", AutocompleteSelectFilter),
        ProviderFilter,
        TypeFilter,
        ("received_at", Received),
    ]
    list_filter_submit = True
    # Writing a row with its dialog costs more than finding it.
    list_per_page = 30
    search_fields = ["type", "error", "tenant__name"]
    search_help_text = "Search the newest events by tenant, error or type"
    # The log holds millions of rows one day: nobody waits for them to be counted, or sorted.
    paginator = InfinitePaginator
    sortable_by = ["received", "status"]
    show_full_result_count = False
    empty_title = "No webhook has come in yet"
    empty_text = "What carriers post is kept here, with what became of it."
    fields = [
        "received",
        "carrier",
        "type",
        "state",
        "owner",
        "attempts",
        "next_attempt_at",
        "error",
        "content",
    ]
    readonly_fields = fields
    actions = ["replay_selected", "discard_selected"]
    actions_row = ["replay_one"]
    actions_detail = ["replay_one", "discard_one"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        events: QuerySet[WebhookEvent] = super().get_queryset(request)
        return events.select_related("tenant").defer("payload")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look for words in the newest events only, of those that the filters leave."""
        if search_term.strip():
            queryset = newest_of(queryset)
        found: tuple[QuerySet[Any], bool] = super().get_search_results(
            request, queryset, search_term
        )
        return found

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        event = WebhookEvent.objects.defer("payload").filter(pk=object_id).first()
        return [
            one
            for one in super().get_actions_detail(request, object_id)
            if event is not None and self.row_action_applies(one.path, event)
        ]

    def row_action_applies(self, name: str, event: WebhookEvent) -> bool:
        """Tell whether the action makes sense for the event."""
        if name == "discard_one":
            return event.state in DISCARDABLE
        return event.state != WebhookEvent.State.PENDING

    @display(description="Received", ordering="id")
    def received(self, event: WebhookEvent) -> str:
        return date_format(timezone.localtime(event.received_at), "M j, Y, H:i:s")

    @display(description="Tenant")
    def owner(self, event: WebhookEvent) -> str:
        return str(event.tenant or "-")

    @display(description="Provider")
    def carrier(self, event: WebhookEvent) -> str:
        return event.provider.capitalize()

    @display(description="State", label=_COLOURS, ordering="state")
    def status(self, event: WebhookEvent) -> tuple[str, str]:
        return event.state, event.get_state_display()

    @display(description="Payload")
    def content(self, event: WebhookEvent) -> SafeString:
        return format_html(
            '<pre class="font-mono text-xs whitespace-pre-wrap break-all">{}</pre>',
            readable(event.payload),
        )

    @admin.action(description="Replay selected events", permissions=["view"])
    def replay_selected(
        self, request: HttpRequest, events: QuerySet[WebhookEvent]
    ) -> HttpResponse | None:
        question = ask_first(
            self,
            request,
            events,
            title="Replay these events?",
            text="They are routed again as if they had just come in. A message that is stored"
            " already is not stored twice." + _AT_MOST,
            button="Replay",
        )
        if question:
            return question
        chosen = _chosen(events)
        total = chosen.count()
        done = replay(chosen)
        if done:
            messages.success(request, f"Events put back into the queue: {done:,}.")
        if total > done:
            messages.warning(
                request, f"Left alone, as they are waiting to be routed already: {total - done:,}."
            )
        return None

    @admin.action(description="Discard selected events", permissions=["view"])
    def discard_selected(
        self, request: HttpRequest, events: QuerySet[WebhookEvent]
    ) -> HttpResponse | None:
        question = ask_first(
            self,
            request,
            events,
            title="Discard these events?",
            text="They are put aside: they stay in the log and can be replayed later. Only failed,"
            " rejected and unrouted events can be discarded." + _AT_MOST,
            button="Discard",
        )
        if question:
            return question
        chosen = _chosen(events)
        total = chosen.count()
        done = discard(chosen)
        if done:
            messages.success(request, f"Events discarded: {done:,}.")
        if total > done:
            messages.warning(
                request,
                f"Left alone: {total - done:,}. Only failed, rejected and unrouted events"
                " can be discarded.",
            )
        return None

    @action(
        description="Replay",
        icon="replay",
        dialog={
            "title": "Replay this event?",
            "description": "It is routed again as if it had just come in. "
            "A message that is stored already is not stored twice.",
            "form_submit_text": "Replay",
        },
    )
    def replay_one(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        if replay(WebhookEvent.objects.filter(pk=object_id)):
            messages.success(request, "The event is back in the queue.")
        else:
            messages.warning(request, "The event is waiting to be routed already.")
        return HttpResponse(headers={"HX-Refresh": "true"})

    @action(
        description="Discard",
        icon="delete",
        dialog={
            "title": "Discard this event?",
            "description": "It is put aside: it stays in the log and can be replayed later.",
            "form_submit_text": "Discard",
        },
    )
    def discard_one(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        if discard(WebhookEvent.objects.filter(pk=object_id)):
            messages.success(request, "The event is discarded.")
        else:
            messages.warning(request, "Only failed, rejected and unrouted events can be discarded.")
        return HttpResponse(headers={"HX-Refresh": "true"})


def _chosen(events: QuerySet[WebhookEvent]) -> QuerySet[WebhookEvent]:
    newest = events.order_by("-id").values("pk")[:_MOST]
    return WebhookEvent.objects.filter(pk__in=newest)
