"""The message log: every text in and out, to look at."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.views.decorators.http import require_POST
from unfold.decorators import action

from messaging.admin.base import ScreenRequest, TenantAdmin
from messaging.admin.capped_pages import CappedPaginator
from messaging.admin.log_filters import LOG_FILTERS, narrowed_or_none
from messaging.admin.message_columns import MessageColumns
from messaging.admin.message_story import story
from messaging.exports.asking import TooMany, ask_for_messages
from messaging.exports.search import is_of_common_words
from messaging.exports.selection import Unreadable
from messaging.models import Contact, Message
from messaging.models.message import Status
from messaging.outbound.send import SendRefused, cancel_message, retry_message

_NO_FILTERS = {SEARCH_VAR, PAGE_VAR, ORDER_VAR}


class MessageLogAdmin(MessageColumns, TenantAdmin):
    """Messages, read only; the detail shows what became of one, step by step."""

    list_display = ["time", "way", "our_number", "contact", "start", "outcome", "segments", "files"]
    # Writing a row costs more than finding it: thirty fit into a tenth of a second.
    list_per_page = 30
    list_filter = LOG_FILTERS
    list_filter_submit = True
    list_filter_sheet = True
    list_fullwidth = True
    list_before_template = "admin/messaging/log_toolbar.html"
    search_fields = ["text"]
    search_help_text = "Number, words or message ID"
    ordering = ["-created_at", "-id"]
    sortable_by = ["time"]
    paginator = CappedPaginator
    show_full_result_count = False
    list_max_show_all = 0
    actions = None
    actions_detail = ["send_again", "send_again_unconfirmed", "cancel"]
    change_form_outer_after_template = "admin/messaging/timeline.html"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("time", "way"),
                    ("our_number", "contact"),
                    "whole_text",
                    ("state", "error"),
                ]
            },
        ),
        (
            "Details",
            {
                "fields": [
                    ("kind", "segments"),
                    ("written_by", "account"),
                    ("scheduled_at", "sent_at"),
                    ("delivered_at", "carrier_id"),
                ]
            },
        ),
    ]

    class Media:
        css = {"all": ["messaging/log.css"]}

    def get_queryset(self, request: ScreenRequest) -> QuerySet[Message]:
        queryset: QuerySet[Message] = super().get_queryset(request)
        return queryset.select_related("conversation", "author")

    def get_object(
        self, request: ScreenRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        known: dict[str, Any] = request.__dict__.setdefault("_logged", {})
        if object_id not in known:
            try:
                named = _with_contact_names(self.get_queryset(request))
                known[object_id] = named.filter(**{from_field or "pk": object_id}).first()
            except (ValidationError, ValueError):
                known[object_id] = None
        return known[object_id]

    def get_paginator(
        self, request: ScreenRequest, queryset: QuerySet[Message], *args: Any, **kwargs: Any
    ) -> Any:
        paginator = super().get_paginator(request, queryset, *args, **kwargs)
        # They are common among the newest already. With a filter beside them PostgreSQL's estimate,
        # which takes all conditions for independent, says little.
        paginator.may_estimate = is_of_common_words(queryset) and request.GET.keys() <= _NO_FILTERS
        return paginator

    def get_changelist_instance(self, request: ScreenRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        rows = changelist.result_list
        if isinstance(rows, QuerySet):
            # Only now: counting need not join the thread for it.
            changelist.result_list = _with_contact_names(rows).prefetch_related("attachments")
        # unfold's heading compares the two: unequal, it offers to show all.
        changelist.full_result_count = changelist.result_count
        return changelist

    def get_search_results(
        self, request: ScreenRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        """Find by number, id or words."""
        match = request.resolver_match
        if match is not None and match.url_name == "search":
            # The search over all screens would read whatever is found to its end.
            return queryset.none(), False
        if not search_term.strip():
            return queryset, False
        return narrowed_or_none(request, queryset, "q", search_term), False

    def get_urls(self) -> list[Any]:
        export = self.admin_site.admin_view(require_POST(self.export_view))
        return [path("export/", export, name="messaging_message_export"), *super().get_urls()]

    def export_view(self, request: ScreenRequest) -> HttpResponse:
        """Have what the list shows written to a file, and show the exports."""
        try:
            ask_for_messages(request.user, request.tenant, request.GET)
        except (Unreadable, TooMany) as refusal:
            messages.error(request, str(refusal))
            query = request.GET.urlencode()
            url = reverse("admin:messaging_message_changelist")
            return HttpResponseRedirect(f"{url}?{query}" if query else url)
        messages.success(request, "The export is being written. You may leave this page.")
        return HttpResponseRedirect(reverse("admin:messaging_export_changelist"))

    def change_view(
        self,
        request: ScreenRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        message = self.get_object(request, object_id)
        context = {"title": "Message", **(extra_context or {})}
        if message is not None:
            context["story"] = story(message, request.tenant)
            context["row_title"] = self.named(message)
        return super().change_view(request, object_id, form_url, context)

    def has_add_permission(self, request: ScreenRequest) -> bool:
        return False

    def has_change_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False

    def has_send_again_permission(self, request: ScreenRequest, object_id: str = "") -> bool:
        return self._is_out_and(request, object_id, Status.FAILED)

    def has_send_again_unconfirmed_permission(
        self, request: ScreenRequest, object_id: str = ""
    ) -> bool:
        return self._is_out_and(request, object_id, Status.UNCONFIRMED)

    def has_cancel_permission(self, request: ScreenRequest, object_id: str = "") -> bool:
        return self._is_out_and(request, object_id, Status.SCHEDULED, Status.QUEUED)

    def _is_out_and(self, request: ScreenRequest, object_id: str, *states: Status) -> bool:
        message = self.get_object(request, object_id)
        if message is None or not self.has_module_permission(request):
            return False
        return message.direction == Message.Direction.OUT and message.status in states

    @action(  # type: ignore[untyped-decorator]
        description="Send again",
        url_path="send-again",
        icon="replay",
        permissions=["send_again"],
        dialog={
            "title": "Send this message again?",
            "description": "It goes to everybody it has not reached yet, from the same number.",
            "form_class": None,
            "form_submit_text": "Send again",
        },
    )
    def send_again(self, request: ScreenRequest, form: Any, object_id: str) -> HttpResponse:
        """Send a failed message once more; runs on POST only."""
        return self._change(request, object_id, retry_message, "It will be sent again.")

    @action(  # type: ignore[untyped-decorator]
        description="Send again",
        url_path="send-again-unconfirmed",
        icon="replay",
        permissions=["send_again_unconfirmed"],
        dialog={
            "title": "Send this message again?",
            "description": "The carrier never said what became of it: it may have arrived. If you"
            " send it again, it may arrive twice.",
            "form_class": None,
            "form_submit_text": "Send again anyway",
        },
    )
    def send_again_unconfirmed(
        self, request: ScreenRequest, form: Any, object_id: str
    ) -> HttpResponse:
        """Send a message of unknown fate once more; runs on POST only."""
        anyway = partial(retry_message, anyway=True)
        return self._change(request, object_id, anyway, "It will be sent again.")

    @action(  # type: ignore[untyped-decorator]
        description="Cancel message",
        url_path="cancel",
        icon="block",
        permissions=["cancel"],
        dialog={
            "title": "Cancel this message?",
            "description": "It has not left yet, and will not be sent.",
            "form_class": None,
            "form_submit_text": "Cancel message",
        },
    )
    def cancel(self, request: ScreenRequest, form: Any, object_id: str) -> HttpResponse:
        """Take back a message that waits; runs on POST only."""
        return self._change(request, object_id, cancel_message, "It is canceled.")

    def _change(
        self, request: ScreenRequest, object_id: str, change: Any, done: str
    ) -> HttpResponse:
        message = get_object_or_404(Message, pk=UUID(object_id))
        try:
            change(message)
        except SendRefused as refusal:
            messages.error(request, refusal.text)
        else:
            self.log_change(request, message, done)
            messages.success(request, done)
        url = self._change_url(object_id)
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)


def _with_contact_names(rows: QuerySet[Message]) -> QuerySet[Message]:
    name = Contact.objects.filter(number=OuterRef("conversation__participants_key"))
    return rows.annotate(contact_name=Subquery(name.order_by().values("name")[:1]))
