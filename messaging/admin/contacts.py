"""Contacts: names for the numbers outside."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.db.models import F, Func, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join

from messaging.admin.base import ScreenRequest
from messaging.admin.bulk import BulkAdmin
from messaging.admin.consent_ledger import history_link
from messaging.admin.copying import number_with_copy
from messaging.admin.personal_data import PersonalDataAdmin
from messaging.admin.sheet_pages import SheetAdmin
from messaging.admin.tenant_form import TenantForm, text_input
from messaging.models import Contact, OptOut
from messaging.spreadsheets.contacts import ContactSheet
from messaging.tags import NotATag, parse_tags

_TAGS_OFFERED = 100


class ContactForm(TenantForm):
    """A contact whose number is typed in any usual form."""

    number = forms.CharField(
        label="Phone number",
        max_length=40,
        widget=text_input(placeholder="(919) 555-0101", inputmode="tel"),
    )
    tags = forms.CharField(
        required=False,
        max_length=900,
        widget=text_input(placeholder="vip, Austin"),
        help_text="With commas between them.",
    )

    class Meta:
        model = Contact
        fields = ["name", "number", "company", "email", "tags", "notes"]
        labels = {"email": "E-mail"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["tags"] = ", ".join(self.instance.tags)

    def clean_number(self) -> str:
        number = self.to_number(self.cleaned_data["number"], short_codes=True)
        if Contact.objects.filter(number=number).exclude(pk=self.instance.pk or 0).exists():
            raise forms.ValidationError("There is a contact of this number already.")
        return number

    def clean_tags(self) -> list[str]:
        try:
            return parse_tags(self.cleaned_data["tags"])
        except NotATag as error:
            raise forms.ValidationError(str(error)) from error


class TagFilter(admin.SimpleListFilter):
    """By tag."""

    title = "tag"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        each = Contact.objects.annotate(tag=Func(F("tags"), function="unnest"))
        tags = each.order_by("tag").values_list("tag", flat=True).distinct()
        return [(tag, tag) for tag in tags[:_TAGS_OFFERED]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        value = self.value()
        return queryset.filter(tags__contains=[value]) if value else queryset


class OptedOutFilter(admin.SimpleListFilter):
    """By whether the contact may be texted."""

    title = "opted out"
    parameter_name = "opted_out"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", "Opted out"), ("no", "May be texted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        value = self.value()
        if value not in ("yes", "no"):
            return queryset
        out = OptOut.objects.values("number")
        return (
            queryset.filter(number__in=out) if value == "yes" else queryset.exclude(number__in=out)
        )


class ContactAdmin(PersonalDataAdmin, BulkAdmin, SheetAdmin):
    """The tenant's address book."""

    form = ContactForm
    sheet = ContactSheet
    list_display = ["name", "phone", "company", "mail", "tag_list", "opted_out", "text_link"]
    list_filter = [TagFilter, OptedOutFilter]
    search_fields = ["name", "number", "company", "email", "notes"]
    search_help_text = "Search by name, number, company, e-mail or notes"
    fields = ["name", "number", "company", "email", "tags", "notes", "opted_out", "consent"]
    readonly_fields = ["opted_out", "consent"]
    empty_title = "No contact yet"
    empty_text = (
        "Contacts give the numbers outside a name, in the inbox too. Add one, or import your"
        " address book as CSV."
    )

    def get_queryset(self, request: ScreenRequest) -> QuerySet[Contact]:
        queryset: QuerySet[Contact] = super().get_queryset(request)
        out = OptOut.objects.filter(number=OuterRef("number")).order_by("created_at")
        return queryset.annotate(
            out_at=Subquery(out.values("created_at")[:1]),
            out_source=Subquery(out.values("source")[:1]),
        )

    def get_fields(self, request: ScreenRequest, obj: Contact | None = None) -> list[str]:
        fields = list(self.fields)
        return fields if obj is not None else fields[: -len(self.readonly_fields)]

    @admin.display(description="Phone number", ordering="number")
    def phone(self, obj: Contact) -> str:
        return number_with_copy(obj.number)

    @admin.display(description="E-mail", ordering="email")
    def mail(self, obj: Contact) -> str:
        return obj.email or "-"

    @admin.display(description="Tags")
    def tag_list(self, obj: Contact) -> str:
        if not obj.tags:
            return "-"
        return format_html_join(" ", '<span class="tl-tag">{}</span>', ((t,) for t in obj.tags))

    @admin.display(description="Opted out", ordering="out_at")
    def opted_out(self, obj: Contact) -> str:
        """When and how the person refused texts."""
        at = getattr(obj, "out_at", None)
        if at is None:
            return "-"
        how = OptOut.Source(getattr(obj, "out_source", "")).label
        return f"{date_format(timezone.localtime(at), 'DATE_FORMAT')}: {how}"

    @admin.display(description="Ledger")
    def consent(self, obj: Contact) -> str:
        """Way to all that was ever said or noted of the number."""
        return history_link(obj.number)

    @admin.display(description="Text")
    def text_link(self, obj: Contact) -> str:
        """Way to a new message."""
        address = f"{reverse('inbox:new')}?{urlencode({'to': obj.number})}"
        return format_html(
            '<a class="tl-button" href="{}" aria-label="Text {}">'
            '<span class="material-symbols-outlined" aria-hidden="true">sms</span>Text</a>',
            address,
            obj.name,
        )
