"""Scheduled messages: what waits for its time, to change, send early or hold back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from messaging.admin.base import ScreenRequest, TenantAdmin, national
from messaging.admin.tenant_form import TenantForm
from messaging.models import Contact, Message, ScheduledMessage
from messaging.models.message import Status
from messaging.outbound.refusals import SendRefused
from messaging.outbound.schedule import cancel_scheduled, edit_scheduled, send_scheduled_now
from tenants.roles import Role

_LOCAL = "%Y-%m-%dT%H:%M"


class ScheduledForm(TenantForm):
    """Text and time of a message that waits."""

    text = forms.CharField(
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text="Judged like a new text when saved.",
    )
    scheduled_at = forms.DateTimeField(
        label="Send at",
        input_formats=[_LOCAL, f"{_LOCAL}:%S"],
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
        error_messages={"invalid": "Choose a date and a time."},
    )

    class Meta:
        model = ScheduledMessage
        fields = ["text", "scheduled_at"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = timezone.get_current_timezone_name()
        self.fields["scheduled_at"].help_text = f"In the company's time zone, {zone}."
        if self.instance.scheduled_at:
            local = timezone.localtime(self.instance.scheduled_at)
            self.initial["scheduled_at"] = local.strftime(_LOCAL)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        # Saved here, where a refusal still finds its way to the field; the page's transaction
        # takes it back when anything else goes wrong. A fresh copy, as the form's own row must
        # not hold what may be refused.
        stored = Message.objects.select_related("conversation").get(pk=self.instance.pk)
        wanted = cleaned["scheduled_at"]
        kept = stored.scheduled_at
        is_same = kept is not None and kept.replace(second=0, microsecond=0) == wanted
        try:
            edit_scheduled(
                stored,
                user=self.user,
                role=Role.ADMIN,
                tenant=self.tenant,
                text=cleaned["text"],
                scheduled_at=None if is_same else wanted,
            )
        except SendRefused as refusal:
            field = "scheduled_at" if refusal.code == "invalid_time" else None
            self.add_error(field, refusal.text)
        return cleaned

    def _post_clean(self) -> None:
        """Leave the row as the flow has saved it."""


class ScheduledMessageAdmin(TenantAdmin):
    """Messages of the whole company that wait for their time."""

    form = ScheduledForm
    list_display = ["due", "our_number", "contact", "start", "written_by"]
    list_display_links = ["due", "start"]
    search_fields = ["conversation__our_number", "conversation__participants_key"]
    search_help_text = "Search by number"
    ordering = ["scheduled_at", "id"]
    fields = ["our_number", "contact", "written_by", "text", "scheduled_at"]
    readonly_fields = ["our_number", "contact", "written_by"]
    actions_row = ["send_now", "cancel"]
    actions_detail = actions_row
    empty_title = "Nothing is scheduled"
    empty_text = (
        "Whoever writes a message in the inbox may choose a later time for it. Until then it waits"
        " here, to be changed, sent at once or canceled."
    )
    empty_links = (("Write a message", "inbox:new"),)

    def get_queryset(self, request: ScreenRequest) -> QuerySet[ScheduledMessage]:
        queryset: QuerySet[ScheduledMessage] = super().get_queryset(request)
        name = Contact.objects.filter(number=OuterRef("conversation__participants_key"))
        return (
            queryset.filter(direction=Message.Direction.OUT, status=Status.SCHEDULED)
            .select_related("conversation", "author")
            .annotate(contact_name=Subquery(name.values("name")[:1]))
        )

    def change_view(
        self,
        request: ScreenRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        context = dict(extra_context or {})
        if (message := self.get_object(request, object_id)) is not None:
            context["row_title"] = f"To {self.contact(message)}"
        return super().change_view(request, object_id, form_url, context)

    def has_add_permission(self, request: ScreenRequest) -> bool:
        return False

    def has_delete_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: ScreenRequest, obj: ScheduledMessage, form: ScheduledForm, change: Any
    ) -> None:
        """Nothing is left to save: the flow has done it."""

    @admin.display(description="Sends at", ordering="scheduled_at")
    def due(self, obj: ScheduledMessage) -> Any:
        return obj.scheduled_at

    @admin.display(description="From", ordering="conversation__our_number")
    def our_number(self, obj: ScheduledMessage) -> str:
        return national(obj.conversation.our_number)

    @admin.display(description="To")
    def contact(self, obj: ScheduledMessage) -> str:
        name = getattr(obj, "contact_name", None)
        return name or ", ".join(national(n) for n in obj.conversation.participants)

    @admin.display(description="Text")
    def start(self, obj: ScheduledMessage) -> str:
        return Truncator(obj.text).chars(60) or "(no text)"

    @admin.display(description="Written by")
    def written_by(self, obj: ScheduledMessage) -> str:
        return str(obj.author) if obj.author else "Nobody"

    @action(  # type: ignore[untyped-decorator]
        description="Send now",
        icon="send",
        permissions=["change"],
        dialog={
            "title": "Send it now?",
            "description": "It leaves at once instead of at its time.",
            "form_submit_text": "Send now",
        },
    )
    def send_now(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._do(request, object_id, send_scheduled_now, "It is on its way.")

    @action(  # type: ignore[untyped-decorator]
        description="Cancel",
        icon="block",
        permissions=["change"],
        dialog={
            "title": "Cancel this message?",
            "description": "It is not sent. It stays in the thread, marked as canceled.",
            "form_submit_text": "Cancel the message",
        },
    )
    def cancel(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._do(request, object_id, cancel_scheduled, "It is canceled.")

    def _do(
        self, request: Any, object_id: str, change: Callable[..., object], said: str
    ) -> HttpResponse:
        message = self.get_object(request, object_id)
        there = HttpResponseRedirect(reverse("admin:messaging_scheduledmessage_changelist"))
        if message is None:
            self.message_user(request, "It has left already, or was canceled.", messages.ERROR)
            return there
        stored = Message.objects.select_related("conversation").get(pk=message.pk)
        try:
            change(stored, user=request.user, role=request.role, tenant=request.tenant)
        except SendRefused as refusal:
            self.message_user(request, refusal.text, messages.ERROR)
        else:
            self.message_user(request, said, messages.SUCCESS)
        return there
