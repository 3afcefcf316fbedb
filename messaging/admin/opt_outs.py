"""Opt-outs: whom no text goes to any more."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet

from messaging import optouts
from messaging.admin.base import ScreenRequest, TenantAdmin, national
from messaging.admin.tenant_form import TenantForm, select, text_input
from messaging.models import OptOut
from tenants.models import PhoneNumber


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
        if not self.errors and OptOut.objects.filter(**cleaned).exists():
            self.add_error("number", "This number is opted out already.")
        return cleaned


class OptOutAdmin(TenantAdmin):
    """Opt-outs: add and release, nothing to change."""

    form = OptOutForm
    list_display = ["phone", "ours", "source", "created_at"]
    list_filter = ["source"]
    search_fields = ["number", "our_number"]
    fields = ["number", "our_number"]
    actions = ["release"]

    @admin.display(description="Phone number", ordering="number")
    def phone(self, obj: OptOut) -> str:
        return national(obj.number)

    @admin.display(description="From", ordering="our_number")
    def ours(self, obj: OptOut) -> str:
        return national(obj.our_number) if obj.our_number else "Any of your numbers"

    def has_change_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: ScreenRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def save_model(
        self, request: ScreenRequest, obj: OptOut, form: OptOutForm, change: Any
    ) -> None:
        obj.source = OptOut.Source.MANUAL
        super().save_model(request, obj, form, change)

    def delete_model(self, request: ScreenRequest, obj: OptOut) -> None:
        optouts.release(obj.our_number, obj.number)

    @admin.action(description="Release: may be texted again")
    def release(self, request: ScreenRequest, queryset: QuerySet[OptOut]) -> None:
        count = 0
        for opt_out in queryset:
            self.log_deletions(request, OptOut.objects.filter(pk=opt_out.pk))
            optouts.release(opt_out.our_number, opt_out.number)
            count += 1
        self.message_user(request, f"{count} released.", messages.SUCCESS)
