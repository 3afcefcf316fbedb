"""The message log: every text in and out, to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.html import format_html
from django.utils.text import Truncator
from unfold.decorators import display

from messaging.admin.base import ScreenRequest, TenantAdmin, national
from messaging.models import Contact, Message
from messaging.models.message import Status

_STATUS = {
    Status.RECEIVED: "success",
    Status.DELIVERED: "success",
    Status.SENT: "info",
    Status.SENDING: "info",
    Status.QUEUED: "warning",
    Status.SCHEDULED: "warning",
    Status.UNCONFIRMED: "warning",
    Status.FAILED: "danger",
    Status.CANCELED: "",
}


class MessageLogAdmin(TenantAdmin):
    """Messages, read only; the detail shows what became of one, step by step."""

    list_display = [
        "time",
        "way",
        "our_number",
        "contact",
        "start",
        "segments",
        "state",
        "error",
    ]
    list_select_related = ["conversation"]
    list_filter = ["direction", "status", "kind"]
    search_fields = [
        "conversation__our_number",
        "conversation__participants_key",
        "provider_message_id",
    ]
    search_help_text = "Search by number"
    ordering = ["-created_at"]
    change_form_outer_after_template = "admin/messaging/timeline.html"
    fields = [
        ("time", "way"),
        ("our_number", "contact"),
        "whole_text",
        ("kind", "segments", "encoding"),
        ("state", "error"),
        "provider_message_id",
    ]
    readonly_fields = [
        "time",
        "way",
        "our_number",
        "contact",
        "whole_text",
        "segments",
        "state",
        "error",
    ]

    def get_queryset(self, request: ScreenRequest) -> QuerySet[Message]:
        queryset: QuerySet[Message] = super().get_queryset(request)
        name = Contact.objects.filter(number=OuterRef("conversation__participants_key"))
        return queryset.annotate(contact_name=Subquery(name.values("name")[:1]))

    def has_add_permission(self, request: ScreenRequest) -> bool:
        return False

    def has_change_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Time", ordering="created_at")
    def time(self, obj: Message) -> Any:
        return obj.created_at

    @display(description="Direction", ordering="direction", label={"in": "info", "out": ""})  # type: ignore[untyped-decorator]
    def way(self, obj: Message) -> tuple[str, str]:
        """Badge of the direction."""
        return obj.direction, obj.get_direction_display()

    @admin.display(description="Our number", ordering="conversation__our_number")
    def our_number(self, obj: Message) -> str:
        return national(obj.conversation.our_number)

    @admin.display(description="Contact")
    def contact(self, obj: Message) -> str:
        name = getattr(obj, "contact_name", None)
        return name or ", ".join(national(n) for n in obj.conversation.participants)

    @admin.display(description="Text")
    def start(self, obj: Message) -> str:
        return Truncator(obj.text).chars(60) or "(no text)"

    @admin.display(description="Text")
    def whole_text(self, obj: Message) -> str:
        return format_html('<span class="tl-text">{}</span>', obj.text or "(no text)")

    @admin.display(description="Segments", ordering="segment_count")
    def segments(self, obj: Message) -> int:
        return obj.segment_count

    @display(description="Status", ordering="status", label=_STATUS)  # type: ignore[untyped-decorator]
    def state(self, obj: Message) -> tuple[str, str]:
        """Badge of the status."""
        return obj.status, obj.get_status_display()

    @admin.display(description="Error")
    def error(self, obj: Message) -> str:
        return " ".join(part for part in (obj.error_code, obj.error_text) if part)
