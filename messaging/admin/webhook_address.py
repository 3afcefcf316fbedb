"""A configuration's webhook address on its pages: to copy, to change, and the one before."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.forms import BaseDialogForm

from messaging.admin.base import ScreenRequest, TenantAdmin
from messaging.admin.tenant_form import text_input
from messaging.models import SmsConfiguration
from messaging.webhook_address import (
    MOST_DAYS,
    USUAL_DAYS,
    NotRenewed,
    end_old_address,
    old_until,
    old_url,
    renew_address,
)

_OLD_ACTION = "end_old_address"


class OverlapDialog(BaseDialogForm):  # type: ignore[misc]  # unfold has no types
    """Asks for how long the old address goes on working."""

    days = forms.IntegerField(
        label="Days the old address goes on working",
        initial=USUAL_DAYS,
        min_value=0,
        max_value=MOST_DAYS,
        widget=text_input(inputmode="numeric"),
        help_text="0 ends it at once: texts are lost to you until Bandwidth has the new one.",
    )


class WebhookAddressAdmin(TenantAdmin):
    """The part of the configurations' screen that is about their addresses."""

    offers_webhook_copy = True

    @admin.display(description="Webhook")
    def webhook(self, obj: SmsConfiguration) -> str:
        """Button that copies the row's webhook URL."""
        return format_html(
            '<button type="button" class="tl-button" data-copy="{}" aria-label="{}">'
            '<span class="material-symbols-outlined" aria-hidden="true">content_copy</span>'
            '<span data-copy-label aria-live="polite">Copy</span></button>',
            obj.webhook_url,
            f"Copy webhook of {obj.name}",
        )

    @admin.display(description="Webhook URL")
    def webhook_field(self, obj: SmsConfiguration | None) -> str:
        """Read-only field to copy the URL from."""
        if obj is None or not obj.pk:
            return "It is made when you press OK."
        return _to_copy(obj.webhook_url, key="webhook-url", label="Webhook URL")

    @admin.display(description="Old webhook URL")
    def old_webhook(self, obj: SmsConfiguration | None) -> str:
        """Show the address before, and when it ends."""
        until = old_until(obj) if obj is not None and obj.pk else None
        if obj is None or until is None:
            return "There is none."
        return format_html(
            "{}<p>The old one ends at {}. Until then texts and receipts come in by either.</p>",
            _to_copy(old_url(obj), key="old-webhook-url", label="Old webhook URL"),
            date_format(timezone.localtime(until), "DATETIME_FORMAT"),
        )

    def get_actions_detail(self, request: ScreenRequest, object_id: Any) -> list[Any]:
        """Offer to end the old address only while there is one."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        overlapping = SmsConfiguration.objects.filter(endpoint__previous_until__gt=timezone.now())
        if str(object_id).isdigit() and overlapping.filter(pk=object_id).exists():
            return offered
        return [one for one in offered if not one.action_name.endswith(_OLD_ACTION)]

    @action(  # type: ignore[untyped-decorator]
        description="New address",
        url_path="new-address",
        icon="autorenew",
        permissions=["change"],
        dialog={
            "title": "New webhook address",
            "description": "Makes another address, for when others may know the one in use. The old"
            " one goes on working meanwhile: paste the new one at Bandwidth, as inbound and as"
            " status callback URL, then end the old one.",
            "form_class": OverlapDialog,
            "form_submit_text": "Make a new address",
        },
    )
    def new_address(
        self, request: ScreenRequest, form: OverlapDialog, object_id: str
    ) -> HttpResponse:
        """Change the address; runs on POST only, unfold answers GET with the question."""
        configuration = self._one(request, object_id)
        try:
            renew_address(configuration, days=form.cleaned_data["days"])
        except NotRenewed as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            text = "The new webhook URL is below: paste it at Bandwidth, then end the old one."
            self.message_user(request, text, messages.SUCCESS)
        return self._again(request, object_id)

    @action(  # type: ignore[untyped-decorator]
        description="End the old one now",
        url_path="end-old-address",
        icon="link_off",
        permissions=["change"],
        dialog={
            "title": "End the old address now",
            "description": "What Bandwidth still posts there is refused, and the texts are lost to"
            " you once it gives up after a day. Make sure that it has the new one.",
            "form_class": None,
            "form_submit_text": "End it now",
        },
    )
    def end_old_address(self, request: ScreenRequest, form: Any, object_id: str) -> HttpResponse:
        """End it; runs on POST only."""
        ended = end_old_address(self._one(request, object_id))
        text = "The old address is closed." if ended else "There was no old address any more."
        self.message_user(request, text, messages.SUCCESS if ended else messages.WARNING)
        return self._again(request, object_id)

    def _one(self, request: ScreenRequest, object_id: str) -> SmsConfiguration:
        configuration: SmsConfiguration | None = self.get_object(request, object_id)
        if configuration is None:
            raise Http404
        return configuration

    def _again(self, request: ScreenRequest, object_id: str) -> HttpResponse:
        url = self._change_url(object_id)
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)


def _to_copy(url: str, *, key: str, label: str) -> SafeString:
    return format_html(
        '<span class="tl-webhook"><input type="text" id="{1}" readonly value="{0}"'
        ' aria-label="{2}"><button type="button" class="tl-button" data-copy="{0}"'
        ' data-copy-field="{1}"><span class="material-symbols-outlined"'
        ' aria-hidden="true">content_copy</span>'
        '<span data-copy-label aria-live="polite">Copy</span>'
        "</button></span>",
        url,
        key,
        label,
    )
