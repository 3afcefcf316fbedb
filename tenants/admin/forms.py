"""Forms of the system portal's tenants and people."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import available_timezones

import phonenumbers
from django import forms
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from tenants import invitations
from tenants.memberships import find_account
from tenants.models import Invitation, Membership, Tenant, User


class RemovalDialog(BaseDialogForm):  # type: ignore[misc]  # unfold has no types
    """The slug, typed: nobody removes a company by a slip of the hand."""

    slug = forms.CharField(
        max_length=41,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Type the tenant's slug, as its addresses have it, to confirm.",
    )


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
        labels: ClassVar[dict[str, str]] = {"messaging_enabled": "Message Channels"}
        help_texts: ClassVar[dict[str, str]] = {
            "messaging_enabled": "Off = this tenant sends no texts; everything else stays open."
        }


class TenantAddForm(TenantForm):
    """A new tenant, with an invitation for its first admin where one is named."""

    admin_email = forms.EmailField(
        label="E-mail of the first admin",
        required=False,
        widget=UnfoldAdminEmailInputWidget,
        help_text="A link to join is mailed there. Empty = invite somebody later.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["timezone"].initial = Tenant._meta.get_field("timezone").get_default()
        self.fields["country"].initial = Tenant._meta.get_field("country").get_default()


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A person's place in a tenant; the person is named by e-mail address."""

    email = forms.EmailField(
        label="E-mail",
        widget=UnfoldAdminEmailInputWidget,
        help_text="Of somebody who has an account. Invite everybody else.",
    )

    class Meta:
        model = Membership
        fields: ClassVar[list[str]] = ["tenant", "role", "extension", "is_active"]
        labels: ClassVar[dict[str, str]] = {"is_active": "Active"}

    def clean(self) -> dict[str, Any]:
        """Refuse who is a member already, and who has no account."""
        cleaned = super().clean() or {}
        email, tenant = cleaned.get("email"), cleaned.get("tenant")
        person = find_account(email) if email else None
        if email and person is None:
            self.add_error("email", "Nobody has an account of this address: invite them.")
        elif person and tenant and person.memberships.filter(tenant=tenant).exists():
            self.add_error("email", "This person is a member of the tenant already.")
        return cleaned

    def person(self) -> User:
        """Return the account that `clean` has found."""
        return User.objects.get(email__iexact=self.cleaned_data["email"])


class UserForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A person's account; the password is the person's own business."""

    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["email", "name", "is_system_admin"]
        labels: ClassVar[dict[str, str]] = {"email": "E-mail", "is_system_admin": "System admin"}
        help_texts: ClassVar[dict[str, str]] = {"email": "The person signs in with this address."}

    def clean_email(self) -> str:
        """Keep addresses in lower case, so that one person has one account."""
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("There is an account of this address already.")
        return email


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Whom to invite, where to, and as what."""

    SYSTEM = "system"
    KINDS = (*Membership.Role.choices, (SYSTEM, "System admin"))

    email = forms.EmailField(label="E-mail", widget=UnfoldAdminEmailInputWidget)
    kind = forms.ChoiceField(
        label="As",
        choices=KINDS,
        initial=Membership.Role.ADMIN,
        widget=UnfoldAdminSelectWidget,
        help_text="A system admin runs the platform and may enter every tenant.",
    )

    class Meta:
        model = Invitation
        fields: ClassVar[list[str]] = ["email", "name", "tenant", "extension"]
        help_texts: ClassVar[dict[str, str]] = {
            "name": "For the mail's greeting; the person types the own name.",
            "tenant": "Leave empty for a system admin.",
            "extension": "For an extension user, such as 101.",
        }

    def clean(self) -> dict[str, Any]:
        """Hold place and role together, and refuse who is there or invited already."""
        cleaned = super().clean() or {}
        kind, tenant = cleaned.get("kind"), cleaned.get("tenant")
        if kind == self.SYSTEM:
            if tenant:
                self.add_error("tenant", "A system admin belongs to no tenant: leave this empty.")
            cleaned["extension"] = ""
        elif "tenant" in cleaned and tenant is None:
            self.add_error("tenant", "Say which tenant.")
        if kind == Membership.Role.EXTENSION and not cleaned.get("extension"):
            self.add_error("extension", "An extension user needs an extension.")
        if not self.errors and (reason := invitations.why_not(cleaned["email"], tenant)):
            self.add_error("email", reason)
        return cleaned

    def send(self, *, by: User) -> Invitation:
        """Send what the form says.

        Raises NotInvited when somebody else has just done so.
        """
        cleaned = self.cleaned_data
        kind = cleaned["kind"]
        role = Membership.Role.ADMIN if kind == self.SYSTEM else kind
        return invitations.invite(
            cleaned["email"],
            tenant=cleaned["tenant"],
            by=by,
            role=role,
            extension=cleaned["extension"],
            name=cleaned["name"],
        )
