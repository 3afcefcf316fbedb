"""Opt-outs: whom no text goes to any more."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import date_format
from unfold.decorators import action
from unfold.forms import BaseDialogForm

from messaging.admin.base import ScreenRequest, national
from messaging.admin.bulk import BulkAdmin
from messaging.admin.consent_ledger import history_link
from messaging.admin.copying import copy_button
from messaging.admin.sheet_pages import SheetAdmin
from messaging.admin.tenant_form import TenantForm, select, text_input
from messaging.consent import ledger, optouts
from messaging.consent.optouts import has_refused
from messaging.models import Contact, OptOut
from messaging.spreadsheets.opt_outs import OptOutSheet
from tenants.models import PhoneNumber

_REASON = "Their wish, and how you know of it. It is kept in the ledger and the audit trail."


class OptOutForm(TenantForm):
    """An opt-out that a person enters."""

    number = forms.CharField(
        label="Phone number",
        max_length=40,
        widget=text_input(placeholder="(512) 555-0300", inputmode="tel"),
        help_text="Who must not be texted.",
    )
    our_number = forms.ChoiceField(
        label="From", required=False, widget=select(), help_text="Which of your numbers."
    )

    reason = forms.CharField(
        required=False,
        max_length=200,
        strip=True,
        widget=text_input(autocomplete="off"),
        help_text="How you know of it, for the consent ledger.",
    )

    class Meta:
        model = OptOut
        fields = ["number", "our_number"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ours: Any = self.fields.get("our_number")
        if ours is not None:
            numbers = PhoneNumber.objects.filter(tenant=self.tenant).values_list(
                "number", flat=True
            )
            ours.choices = [("", "Any of your numbers"), *((n, national(n)) for n in numbers)]

    def clean_number(self) -> str:
        return self.to_number(self.cleaned_data["number"], short_codes=True)

    def clean_our_number(self) -> str | None:
        return self.cleaned_data["our_number"] or None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and has_refused(cleaned["our_number"], cleaned["number"]):
            self.add_error("number", "This number is opted out already.")
        return cleaned


class ReleaseForm(forms.Form):
    """Why a number may be texted again."""

    reason = forms.CharField(
        max_length=200,
        strip=True,
        help_text=_REASON,
        widget=text_input(autocomplete="off"),
        error_messages={"required": "Say why they may be texted again."},
    )


class ReleaseDialog(ReleaseForm, BaseDialogForm):  # type: ignore[misc]  # unfold has no types
    """The same, asked in a dialog."""


class OptOutAdmin(BulkAdmin, SheetAdmin):
    """Opt-outs: add and release, nothing to change."""

    form = OptOutForm
    sheet = OptOutSheet
    bulk_delete = False
    list_display = ["phone", "copy", "contact", "ours", "source", "since"]
    list_filter = ["source"]
    search_fields = ["number", "our_number"]
    search_help_text = "Search by number"
    fields = ["number", "our_number"]
    actions = ["release"]
    actions_detail = ["release_one"]
    empty_title = "Nobody has opted out"
    empty_text = (
        "Who texts STOP appears here by itself, and is not texted again. Add those who told you in"
        " another way, or import the list of your former provider as CSV."
    )

    def get_queryset(self, request: ScreenRequest) -> QuerySet[OptOut]:
        queryset: QuerySet[OptOut] = super().get_queryset(request)
        name = Contact.objects.filter(number=OuterRef("number"))
        return queryset.annotate(contact_name=Subquery(name.values("name")[:1]))

    @admin.display(description="Phone number", ordering="number")
    def phone(self, obj: OptOut) -> str:
        return national(obj.number)

    @admin.display(description="Copy")
    def copy(self, obj: OptOut) -> str:
        return copy_button(obj.number)

    @admin.display(description="Contact", ordering="contact_name")
    def contact(self, obj: OptOut) -> str:
        return getattr(obj, "contact_name", None) or "-"

    @admin.display(description="From", ordering="our_number")
    def ours(self, obj: OptOut) -> str:
        return national(obj.our_number) if obj.our_number else "Any of your numbers"

    @admin.display(description="Since", ordering="created_at")
    def since(self, obj: OptOut) -> str:
        return date_format(timezone.localtime(obj.created_at), "DATETIME_FORMAT")

    def get_fields(self, request: ScreenRequest, obj: OptOut | None = None) -> list[str]:
        if obj is None:
            return ["number", "our_number", "reason"]
        return ["phone", "ours", "source", "since", "history"]

    def get_readonly_fields(self, request: ScreenRequest, obj: OptOut | None = None) -> list[str]:
        return [] if obj is None else self.get_fields(request, obj)

    @admin.display(description="Ledger")
    def history(self, obj: OptOut) -> str:
        """Way to all that was ever said or noted of the number."""
        return history_link(obj.number)

    def has_change_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False  # releasing asks for a reason

    def has_release_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        """Tell whether the person may release numbers."""
        return self.has_module_permission(request)

    def save_model(
        self, request: ScreenRequest, obj: OptOut, form: OptOutForm, change: Any
    ) -> None:
        obj.source = OptOut.Source.MANUAL
        super().save_model(request, obj, form, change)
        ledger.note_opt_outs([obj], detail=form.cleaned_data["reason"])

    @action(  # type: ignore[untyped-decorator]
        description="Release",
        url_path="release",
        icon="undo",
        permissions=["release"],
        dialog={
            "title": "Release this number",
            "description": "It may be texted again. Release nobody who did not ask for it.",
            "form_class": ReleaseDialog,
            "form_submit_text": "Release",
        },
    )
    def release_one(
        self, request: ScreenRequest, form: ReleaseDialog, object_id: str
    ) -> HttpResponse:
        """Forget the refusal, with the reason in the trail; POST only, by unfold."""
        opt_out = self.get_object(request, object_id)
        if opt_out is None:
            raise Http404
        optouts.release(opt_out.our_number, opt_out.number, reason=form.cleaned_data["reason"])
        self.message_user(
            request, f"{national(opt_out.number)} may be texted again.", messages.SUCCESS
        )
        url = self._list_url()
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)

    @admin.action(description="Release selected", permissions=["release"])
    def release(
        self, request: ScreenRequest, queryset: QuerySet[OptOut]
    ) -> HttpResponseBase | None:
        """Ask for the reason, then release them all."""
        count = queryset.count()
        if self._too_many(request, count):
            return None
        asked = request.POST.get("step") == "apply"
        form = ReleaseForm(request.POST if asked else None)
        if not form.is_valid():
            context = {"form": form, "count": count, "counted": self._counted(count)}
            return self._bulk_page(request, "release", f"Release {self._counted(count)}", context)
        with transaction.atomic():
            for opt_out in queryset:
                optouts.release(
                    opt_out.our_number, opt_out.number, reason=form.cleaned_data["reason"]
                )
        self.message_user(request, f"Released: {self._counted(count)}.", messages.SUCCESS)
        return HttpResponseRedirect(request.get_full_path())
