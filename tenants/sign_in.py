"""The sign-in's forms, in the portal's words."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
)
from django import forms


class _Plain:
    """Form whose labels are sentences, and stand above the fields only."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.label = str(field.label or "").capitalize()


class SignInForm(_Plain, LoginForm):  # type: ignore[misc]  # allauth has no types
    """E-mail address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail"
        if "remember" in self.fields:
            self.fields["remember"].label = "Keep me signed in on this device"


class ForgotForm(_Plain, ResetPasswordForm):  # type: ignore[misc]  # allauth has no types
    """E-mail address that a link is sent to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail"


class PasswordForm(_Plain, ChangePasswordForm):  # type: ignore[misc]  # allauth has no types
    """The password, the new one, and that once more."""


class FirstPasswordForm(_Plain, SetPasswordForm):  # type: ignore[misc]  # allauth has no types
    """The first password of an account."""


class MailedPasswordForm(_Plain, ResetPasswordKeyForm):  # type: ignore[misc]  # allauth has no types
    """A new password, by a mailed link."""


class StillYouForm(_Plain, ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The password once more."""
