"""Columns and fields of a message, as the log writes them."""

from __future__ import annotations

from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator

from messaging.admin.badges import direction_badge, message_badge
from messaging.admin.base import national
from messaging.delivery.wording import why
from messaging.models import Message

_PREVIEW = 70


class MessageColumns:
    """Mixin of the log's screen."""

    @admin.display(description="Time", ordering="created_at")
    def time(self, obj: Message) -> str:
        """Moment in the tenant's time zone; the year is left out while it goes without saying."""
        at = timezone.localtime(obj.created_at)
        year = "" if at.year == timezone.localdate().year else f" {at.year},"
        half = "AM" if at.hour < 12 else "PM"
        # Django's formats take ten times as long, thirty times on a page.
        return f"{at:%b} {at.day},{year} {at.hour % 12 or 12}:{at:%M} {half}"

    @admin.display(description="Direction")
    def way(self, obj: Message) -> str:
        return direction_badge(obj.direction)

    @admin.display(description="Our number")
    def our_number(self, obj: Message) -> str:
        return national(obj.conversation.our_number)

    @admin.display(description="Contact")
    def contact(self, obj: Message) -> str:
        name = getattr(obj, "contact_name", None)
        return name or ", ".join(national(n) for n in obj.conversation.participants)

    def named(self, obj: Message) -> str:
        """Name the message for a heading."""
        ways = {Message.Direction.IN: "From", Message.Direction.OUT: "To"}
        return f"{ways[Message.Direction(obj.direction)]} {self.contact(obj)}, {self.time(obj)}"

    @admin.display(description="Text")
    def start(self, obj: Message) -> str:
        """First words, or what was sent in the place of words."""
        if obj.text.strip():
            return Truncator(" ".join(obj.text.split())).chars(_PREVIEW)
        files = obj.attachments.all()
        if len(files) != 1:
            return f"{len(files)} files" if files else "(no text)"
        return "Picture" if files[0].content_type.startswith("image/") else "1 file"

    @admin.display(description="Text")
    def whole_text(self, obj: Message) -> str:
        return format_html('<span class="tl-text">{}</span>', obj.text or "(no text)")

    @admin.display(description="Segments")
    def segments(self, obj: Message) -> str:
        return str(obj.segment_count)

    @admin.display(description="Files")
    def files(self, obj: Message) -> str:
        return str(len(obj.attachments.all()) or "-")

    @admin.display(description="Status")
    def state(self, obj: Message) -> str:
        return message_badge(obj.status)

    @admin.display(description="Status")
    def outcome(self, obj: Message) -> str:
        """Badge, and below it what went wrong."""
        if not obj.error_code and not why(obj):
            return message_badge(obj.status)
        return format_html(
            '<span class="tl-outcome">{}<small>{}</small></span>',
            message_badge(obj.status),
            self.error(obj),
        )

    @admin.display(description="Error")
    def error(self, obj: Message) -> str:
        return " ".join(part for part in (obj.error_code, why(obj)) if part) or "-"

    @admin.display(description="Written by")
    def written_by(self, obj: Message) -> str:
        if obj.direction == Message.Direction.IN:
            return "Somebody outside"
        if obj.author:
            return str(obj.author)
        is_answer = obj.origin in (Message.Origin.AUTO_REPLY, Message.Origin.CONSENT)
        return f"{obj.get_origin_display()}, sent by itself" if is_answer else "A program"

    @admin.display(description="Carrier account")
    def account(self, obj: Message) -> str:
        return str(obj.configuration) if obj.configuration else "The platform's account"

    @admin.display(description="Carrier's ID")
    def carrier_id(self, obj: Message) -> str:
        return obj.provider_message_id or "-"
