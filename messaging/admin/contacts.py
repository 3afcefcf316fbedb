"""Contacts: names for the numbers outside."""

from __future__ import annotations

from django import forms
from django.contrib import admin

from messaging.admin.base import TenantAdmin, national
from messaging.admin.tenant_form import TenantForm, text_input
from messaging.models import Contact


class ContactForm(TenantForm):
    """A contact whose number is typed in any usual form."""

    number = forms.CharField(
        label="Phone number",
        max_length=40,
        widget=text_input(placeholder="(919) 555-0101", inputmode="tel"),
    )

    class Meta:
        model = Contact
        fields = ["name", "number"]

    def clean_number(self) -> str:
        number = self.to_number(self.cleaned_data["number"], short_codes=True)
        if Contact.objects.filter(number=number).exclude(pk=self.instance.pk or 0).exists():
            raise forms.ValidationError("There is a contact of this number already.")
        return number


class ContactAdmin(TenantAdmin):
    """The tenant's address book."""

    form = ContactForm
    list_display = ["name", "phone", "created_at"]
    search_fields = ["name", "number"]
    fields = ["name", "number"]

    @admin.display(description="Phone number", ordering="number")
    def phone(self, obj: Contact) -> str:
        return national(obj.number)
