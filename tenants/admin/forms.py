"""Forms of the system portal's tenants and people."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import available_timezones

import phonenumbers
from django import forms
from django.contrib.auth.password_validation import validate_password
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelect2Widget,
)

from tenants.memberships import find_account
from tenants.models import Membership, Tenant, User

_PASSWORD = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})


def _time_zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones())]


def _countries() -> list[tuple[str, str]]:
    return [
        (region, f"{region} (+{phonenumbers.country_code_for_region(region)})")
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    ]


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """What can be changed of a tenant."""

    timezone = forms.ChoiceField(
        label="Time zone", choices=_time_zones, widget=UnfoldAdminSelect2Widget
    )
    country = forms.ChoiceField(
        choices=_countries,
        widget=UnfoldAdminSelect2Widget,
        help_text="How numbers typed without a country code are read.",
    )

    class Meta:
        model = Tenant
        fields: ClassVar[list[str]] = [
            "name",
            "slug",
            "timezone",
            "country",
            "messaging_enabled",
        ]


class TenantAddForm(TenantForm):
    """A new tenant, with its first admin where one is named."""

    admin_email = forms.EmailField(
        label="E-mail", required=False, widget=UnfoldAdminEmailInputWidget
    )
    admin_password = forms.CharField(
        label="Password",
        required=False,
        strip=False,
        widget=_PASSWORD,
        help_text="For a new person. Who has an account here already keeps the own password.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["timezone"].initial = Tenant._meta.get_field("timezone").get_default()
        self.fields["country"].initial = Tenant._meta.get_field("country").get_default()

    def clean(self) -> dict[str, Any]:
        """Ask for a password when the first admin has no account yet."""
        cleaned = super().clean() or {}
        check_new_password(self, "admin_email", "admin_password")
        return cleaned


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A person's place in a tenant; the person is named by e-mail address."""

    email = forms.EmailField(label="E-mail", widget=UnfoldAdminEmailInputWidget)
    password = forms.CharField(
        required=False,
        strip=False,
        widget=_PASSWORD,
        help_text="For a new person. Who has an account here already keeps the own password.",
    )

    class Meta:
        model = Membership
        fields: ClassVar[list[str]] = ["tenant", "role", "extension", "is_active"]

    def clean(self) -> dict[str, Any]:
        """Refuse who is a member already, and a new person without a password."""
        cleaned = super().clean() or {}
        email = cleaned.get("email")
        if email:
            check_new_password(self, "email", "password")
            person = find_account(email)
            tenant = cleaned.get("tenant")
            if person and tenant and person.memberships.filter(tenant=tenant).exists():
                self.add_error("email", "This person is a member of the tenant already.")
        return cleaned


class UserForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A person's account."""

    new_password = forms.CharField(
        required=False,
        strip=False,
        widget=_PASSWORD,
        help_text="Leave empty to keep the password. A new one ends the person's sessions.",
    )

    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["email", "name", "is_system_admin", "is_active"]

    def clean_email(self) -> str:
        """Keep addresses in lower case, so that one person has one account."""
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("There is an account of this address already.")
        return email

    def clean_new_password(self) -> str:
        """Hold the password to the site's rules."""
        password: str = self.cleaned_data["new_password"]
        if password:
            validate_password(password, self.instance)
        elif not self.instance.pk:
            raise forms.ValidationError("A new person needs a password.")
        return password


def check_new_password(form: forms.BaseForm, email_field: str, password_field: str) -> None:
    """Put an error on the field when a new person's password is absent or weak."""
    email = form.cleaned_data.get(email_field)
    if not email or find_account(email):
        return
    password = form.cleaned_data.get(password_field, "")
    try:
        if not password:
            raise forms.ValidationError("A new person needs a password.")
        validate_password(password, User(email=email))
    except forms.ValidationError as error:
        form.add_error(password_field, error)
