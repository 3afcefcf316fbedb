"""Forms that know whose data they change."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from tenants.models import Tenant, User
from tenants.numbers import NotAPhoneNumber, to_e164


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Form of a tenant's screen; the screen sets the tenant and the person."""

    tenant: ClassVar[Tenant]
    user: ClassVar[User]

    def to_number(self, text: str, *, short_codes: bool = False) -> str:
        """Return a typed number as E.164.

        Raises ValidationError.
        """
        try:
            return to_e164(text, country=self.tenant.country, short_codes=short_codes)
        except NotAPhoneNumber as error:
            raise forms.ValidationError(str(error)) from error


def text_input(**attributes: str) -> UnfoldAdminTextInputWidget:
    """Text field in the portal's look."""
    return UnfoldAdminTextInputWidget(attrs=attributes)


def select() -> UnfoldAdminSelectWidget:
    """Drop-down in the portal's look."""
    return UnfoldAdminSelectWidget()


def secret_input() -> UnfoldAdminPasswordWidget:
    """Field for a secret: never filled in, neither by us nor by the browser's memory."""
    return UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False)
