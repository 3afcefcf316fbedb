"""Consent ledger: all that was said or noted about consent, to be read only."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponseBase
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter

from messaging.admin.badges import badge
from messaging.admin.base import ScreenRequest, national
from messaging.admin.sheet_pages import SheetAdmin
from messaging.models import ConsentEntry, Contact, Message
from messaging.spreadsheets.consent import ConsentSheet
from tenants.admin.audit_filters import DaysFilter
from tenants.admin.audit_list import FewCounted
from tenants.models import PhoneNumber

_BADGES = {
    ConsentEntry.Action.OPT_OUT: ("block", "bad"),
    ConsentEntry.Action.OPT_IN: ("check", "good"),
    ConsentEntry.Action.HELP: ("help", "still"),
}
_ALL = "Any of your numbers"


def history_link(number: str) -> SafeString:
    """Link to all that the ledger says of a number."""
    address = reverse("admin:messaging_consententry_changelist")
    return format_html(
        '<a class="tl-link" href="{}?{}">Consent history</a>', address, urlencode({"q": number})
    )


class OurNumberFilter(DropdownFilter):  # type: ignore[misc]  # unfold has no types
    """By which of our numbers it is about."""

    title = "your number"
    parameter_name = "ours"

    def lookups(self, request: ScreenRequest, model_admin: object) -> list[tuple[str, str]]:
        numbers = PhoneNumber.objects.filter(tenant=request.tenant).order_by("number")
        own = [(n, national(n)) for n in numbers.values_list("number", flat=True)[:500]]
        return [("any", _ALL), *own]

    def queryset(
        self, request: ScreenRequest, queryset: QuerySet[ConsentEntry]
    ) -> QuerySet[ConsentEntry]:
        value = self.value()
        if not value:
            return queryset
        return queryset.filter(our_number=None if value == "any" else value)


class ConsentLedgerAdmin(SheetAdmin):
    """The ledger, newest first; the database refuses to change it."""

    sheet = ConsentSheet
    list_display = ["time", "phone", "what", "how", "ours", "who", "more", "text"]
    list_filter = ["action", "source", OurNumberFilter, ("at", DaysFilter)]
    list_filter_submit = True
    list_select_related = ["by"]
    paginator = FewCounted
    show_full_result_count = False
    actions = None
    search_fields = ["number"]
    search_help_text = "Search by number"
    fields = ["time", "phone", "what", "how", "ours", "who", "more", "text"]
    readonly_fields = fields
    empty_title = "Nothing is written down yet"
    empty_text = (
        "Each STOP, START and HELP, each refusal that a carrier reports and each opt-out that"
        " somebody adds, imports or releases gets a line here, with its time and source."
    )

    class Media:
        css = {"all": ["messaging/log.css", "portal/audit.css"]}

    def get_urls(self) -> list[URLPattern]:
        """Leave the pages of imports out."""
        return [url for url in super().get_urls() if "_import" not in str(url.name)]

    def get_queryset(self, request: ScreenRequest) -> QuerySet[ConsentEntry]:
        queryset: QuerySet[ConsentEntry] = super().get_queryset(request)
        name = Contact.objects.filter(number=OuterRef("number")).values("name")[:1]
        message = Message.objects.filter(pk=OuterRef("message_id")).values("pk")[:1]
        return queryset.annotate(contact_name=Subquery(name), kept_message=Subquery(message))

    def change_view(
        self,
        request: ScreenRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        context = dict(extra_context or {})
        if (line := self.get_object(request, object_id)) is not None:
            context["row_title"] = f"{self.phone(line)}: {line.get_action_display()}"
        answer: HttpResponseBase = super().change_view(request, object_id, form_url, context)
        return answer

    def has_add_permission(self, request: ScreenRequest) -> bool:
        return False

    def has_change_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Time", ordering="at")
    def time(self, obj: ConsentEntry) -> str:
        return date_format(timezone.localtime(obj.at), "DATETIME_FORMAT")

    @admin.display(description="Phone number", ordering="number")
    def phone(self, obj: ConsentEntry) -> str:
        name = getattr(obj, "contact_name", None)
        return f"{name}, {national(obj.number)}" if name else national(obj.number)

    @admin.display(description="What", ordering="action")
    def what(self, obj: ConsentEntry) -> SafeString:
        """Badge: out, in or help."""
        icon, kind = _BADGES[ConsentEntry.Action(obj.action)]
        return badge(icon, kind, obj.get_action_display())

    @admin.display(description="How", ordering="source")
    def how(self, obj: ConsentEntry) -> str:
        return obj.get_source_display()

    @admin.display(description="Your number", ordering="our_number")
    def ours(self, obj: ConsentEntry) -> str:
        return national(obj.our_number) if obj.our_number else _ALL

    @admin.display(description="By", ordering="by__email")
    def who(self, obj: ConsentEntry) -> str:
        return str(obj.by) if obj.by else "-"

    @admin.display(description="Detail")
    def more(self, obj: ConsentEntry) -> str:
        return obj.detail or "-"

    @admin.display(description="Message")
    def text(self, obj: ConsentEntry) -> str:
        """Way to the message that said it, as long as it is kept."""
        kept = getattr(obj, "kept_message", None)
        if kept is None:
            return "-"
        return format_html(
            '<a class="tl-link" href="{}">Message</a>',
            reverse("admin:messaging_message_change", args=[kept]),
        )
