"""The webhook log of the system portal."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from providers.models import WebhookEvent
from providers.payloads import readable
from providers.replay import replay
from tenants.sites import system_site

_COLOURS = {
    "pending": "info",
    "processed": "success",
    "unrouted": "warning",
    "rejected": "danger",
    "failed": "danger",
}


@admin.register(WebhookEvent, site=system_site)
class WebhookEventAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """What carriers posted, and what became of it. Read only but for the replay."""

    list_display = ["received_at", "owner", "type", "status", "attempts", "error"]
    list_filter = ["state", "tenant", "provider", "type"]
    search_fields = ["type", "error", "tenant__name"]
    date_hierarchy = "received_at"
    show_full_result_count = False
    fields = [
        "received_at",
        "provider",
        "type",
        "state",
        "owner",
        "attempts",
        "next_attempt_at",
        "error",
        "content",
    ]
    readonly_fields = fields
    actions = ["replay_selected"]
    actions_detail = ["replay_one"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        events: QuerySet[WebhookEvent] = super().get_queryset(request)
        return events.select_related("tenant").defer("payload")

    @display(description="Tenant", ordering="tenant__name")
    def owner(self, event: WebhookEvent) -> str:
        return str(event.tenant or "-")

    @display(label=_COLOURS, ordering="state")
    def status(self, event: WebhookEvent) -> tuple[str, str]:
        return event.state, event.get_state_display()

    @display(description="Payload")
    def content(self, event: WebhookEvent) -> SafeString:
        return format_html(
            '<pre class="font-mono text-xs whitespace-pre-wrap break-all">{}</pre>',
            readable(event.payload),
        )

    @admin.action(description="Replay selected events", permissions=["view"])
    def replay_selected(self, request: HttpRequest, events: QuerySet[WebhookEvent]) -> None:
        count = replay(WebhookEvent.objects.filter(pk__in=events.values("pk")))
        messages.success(request, f"Events put back into the queue: {count}.")

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
        replay(WebhookEvent.objects.filter(pk=object_id))
        messages.success(request, "The event is back in the queue.")
        return HttpResponse(headers={"HX-Refresh": "true"})
