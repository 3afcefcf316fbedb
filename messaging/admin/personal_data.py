"""One contact's data: handed over, and erased."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.forms import BaseDialogForm

from messaging.admin.badges import erasure_badge
from messaging.admin.base import ScreenRequest, TenantAdmin, national
from messaging.admin.tenant_form import text_input
from messaging.exports.asking import TooMany, ask_for_person
from messaging.models import Contact, Erasure
from messaging.retention import erasing
from tenants.numbers import NotAPhoneNumber, to_e164


class EraseDialog(BaseDialogForm):  # type: ignore[misc]  # unfold has no types
    """The number, typed: nobody erases a person by a slip of the hand."""

    number = forms.CharField(
        label="Phone number",
        max_length=40,
        widget=text_input(inputmode="tel", autocomplete="off"),
        help_text="Type the contact's number to confirm.",
    )


class PersonalDataAdmin(TenantAdmin):
    """Contact's page with what a person may ask a company for."""

    actions_detail = ["export_data", "erase"]

    def has_erase_permission(self, request: ScreenRequest, object_id: Any = None) -> bool:
        """Tell whether the person may hand over and erase somebody's data."""
        return self.has_module_permission(request)

    @action(  # type: ignore[untyped-decorator]
        description="Export data",
        url_path="export-data",
        icon="download",
        permissions=["erase"],
        dialog={
            "title": "Export this contact's data",
            "description": "Texts, files, notes, consent and the contact itself are written to a"
            " ZIP file, to be found under Exports. Of group threads it has what this person wrote"
            " and what was sent to all.",
            "form_submit_text": "Export",
        },
    )
    def export_data(self, request: ScreenRequest, form: Any, object_id: str) -> HttpResponse:
        """Have the ZIP written; POST only, by unfold."""
        contact = self._contact(request, object_id)
        try:
            ask_for_person(request.user, contact.number)
        except TooMany as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            text = "The file is being written. You may leave this page."
            self.message_user(request, text, messages.SUCCESS)
        return _leading(request, reverse("admin:messaging_export_changelist"))

    @action(  # type: ignore[untyped-decorator]
        description="Erase",
        url_path="erase",
        icon="delete_forever",
        permissions=["erase"],
        dialog={
            "title": "Erase this contact's data for good?",
            "description": "All texts with this number, their files and notes, the contact and what"
            " broadcasts and the webhook log hold of it are deleted, and what is scheduled is not"
            " sent. In group threads the person's own texts go; the thread stays, with the number"
            " in its address. Opt-outs stay, so that the number is not texted again. Exports of the"
            " message log are deleted, too. Nothing of it can be brought back.",
            "form_class": EraseDialog,
            "form_submit_text": "Erase for good",
        },
    )
    def erase(self, request: ScreenRequest, form: EraseDialog, object_id: str) -> HttpResponse:
        """Have all of it erased; POST only, by unfold."""
        contact = self._contact(request, object_id)
        try:
            typed = to_e164(
                form.cleaned_data["number"], country=request.tenant.country, short_codes=True
            )
        except NotAPhoneNumber:
            typed = ""
        if typed != contact.number:
            text = "Nothing was erased: that was not this contact's number."
            self.message_user(request, text, messages.ERROR)
            return _leading(request, self._change_url(object_id))
        erasing.ask(contact.number, user=request.user)
        text = f"The data of {national(contact.number)} is being erased."
        self.message_user(request, text, messages.SUCCESS)
        return _leading(request, reverse("admin:messaging_erasure_changelist"))

    def _contact(self, request: ScreenRequest, object_id: str) -> Contact:
        contact = self.get_object(request, object_id)
        if not isinstance(contact, Contact):
            raise Http404
        return contact


def _leading(request: ScreenRequest, url: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


class ErasureAdmin(TenantAdmin):
    """Erasures: that they were asked for, and how far they are."""

    list_display = ["whose", "asked_by", "asked_at", "progress", "messages", "files"]
    list_display_links = None
    list_select_related = ["user"]
    list_before_template = "admin/messaging/erasures_intro.html"
    sortable_by: list[str] = []
    ordering = ["-created_at"]
    actions = None
    fields = ["whose", "asked_by", "asked_at", "progress", "messages", "files"]
    readonly_fields = fields
    empty_title = "Nobody was erased"
    empty_text = (
        "Who asks to be forgotten is erased from the page of the contact; it is listed here that it"
        " was done."
    )

    class Media:
        css = {"all": ["messaging/log.css"]}

    def has_add_permission(self, request: ScreenRequest) -> bool:
        return False

    def has_change_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: ScreenRequest) -> QuerySet[Erasure]:
        rows: QuerySet[Erasure] = super().get_queryset(request)
        return rows.select_related("user")

    @admin.display(description="Number")
    def whose(self, obj: Erasure) -> str:
        return obj.hint

    @admin.display(description="Asked by")
    def asked_by(self, obj: Erasure) -> str:
        return str(obj.user or "-")

    @admin.display(description="Asked at")
    def asked_at(self, obj: Erasure) -> Any:
        return obj.created_at

    @admin.display(description="State")
    def progress(self, obj: Erasure) -> SafeString | str:
        """Badge, or what went wrong."""
        return obj.error or erasure_badge(obj.state)
