"""The page behind an invitation's link."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from allauth.account.utils import perform_login
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tenants import invitations
from tenants.links import tenant_path
from tenants.memberships import find_account
from tenants.models import Invitation, Membership, User
from tenants.schema import PortalRequest

_STATUS = {"unknown": 404, "accepted": 410, "revoked": 410, "expired": 410, "suspended": 403}


class NewPersonForm(forms.Form):
    """Name and password of somebody who has no account yet."""

    name = forms.CharField(
        max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )
    password = forms.CharField(
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=" ".join(password_validators_help_texts()),
    )
    again = forms.CharField(
        label="The same password again",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, invitation: Invitation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._email = invitation.email

    def clean(self) -> dict[str, Any]:
        """Hold the password to the site's rules, and to the second one."""
        cleaned = super().clean() or {}
        password, again = cleaned.get("password"), cleaned.get("again")
        if password:
            try:
                validate_password(password, User(email=self._email, name=cleaned.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
            if again and again != password:
                self.add_error("again", "The two passwords are not the same.")
        return cleaned


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: PortalRequest, token: str) -> HttpResponseBase:
    """Take in who was invited: with a new account, or with the one they have."""
    invitation = invitations.find_invitation(token)
    state = _state(invitation)
    if invitation is None or state != "open":
        if invitation and state == "accepted" and _is_addressee(request, invitation):
            return redirect(_workplace(invitation))
        return _closed(request, state, invitation)
    try:
        return _take_in(request, invitation)
    except (invitations.InvitationClosed, invitations.TenantSuspended):
        # Somebody was faster: whatever it became, the page says it when it is opened again.
        return redirect(request.path)


def _state(invitation: Invitation | None) -> str:
    if invitation is None:
        return "unknown"
    state = invitations.state_of(invitation)
    if state == "open" and invitation.tenant and not invitation.tenant.is_active:
        return "suspended"
    return state


def _take_in(request: PortalRequest, invitation: Invitation) -> HttpResponseBase:
    if request.user.is_authenticated:
        return _with_own_account(request, invitation)
    if find_account(invitation.email):
        return _asked_to_sign_in(request, invitation)
    return _as_new_person(request, invitation)


def _with_own_account(request: PortalRequest, invitation: Invitation) -> HttpResponseBase:
    if not _is_addressee(request, invitation):
        return _page(request, "invite/other_account.html", invitation, status=403)
    if request.method != "POST":
        return _page(request, "invite/confirm.html", invitation)
    invitations.accept(invitation, request.user)
    return _welcome(request, invitation)


def _asked_to_sign_in(request: PortalRequest, invitation: Invitation) -> HttpResponse:
    query = urlencode({"next": request.path})
    sign_in = f"{settings.LOGIN_URL}?{query}"
    return _page(request, "invite/sign_in.html", invitation, sign_in=sign_in)


def _as_new_person(request: PortalRequest, invitation: Invitation) -> HttpResponseBase:
    form = NewPersonForm(invitation, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, "invite/new_person.html", invitation, form=form)
    user = invitations.accept_as_new(
        invitation, name=form.cleaned_data["name"], password=form.cleaned_data["password"]
    )
    _greet(request, invitation)
    response: HttpResponseBase = perform_login(
        request, user, email_verification="none", redirect_url=_workplace(invitation)
    )
    return response


def _welcome(request: PortalRequest, invitation: Invitation) -> HttpResponse:
    _greet(request, invitation)
    return redirect(_workplace(invitation))


def _greet(request: HttpRequest, invitation: Invitation) -> None:
    place = invitation.tenant or "the system portal"
    messages.success(request, f"Welcome to {place}.")


def _workplace(invitation: Invitation) -> str:
    if invitation.tenant is None:
        return "/system/"
    inbox = invitation.role == Membership.Role.EXTENSION
    return tenant_path(invitation.tenant, "inbox/" if inbox else "")


def _is_addressee(request: PortalRequest, invitation: Invitation) -> bool:
    user = request.user
    return user.is_authenticated and user.email.lower() == invitation.email.lower()


def _closed(request: HttpRequest, state: str, invitation: Invitation | None) -> HttpResponse:
    context = {"state": state, "invitation": invitation}
    return render(request, "invite/closed.html", context, status=_STATUS[state])


def _page(
    request: HttpRequest, template: str, invitation: Invitation, *, status: int = 200, **more: Any
) -> HttpResponse:
    return render(request, template, {"invitation": invitation, **more}, status=status)
