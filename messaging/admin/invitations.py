"""Invitations of this tenant: asking people in by mail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from unfold.widgets import UnfoldAdminEmailInputWidget

from messaging.admin.base import ScreenRequest, TenantAdmin
from messaging.admin.tenant_form import TenantForm, select
from messaging.models import Extension
from tenants import invitations
from tenants.admin.invitations import InvitationScreen, say_sent
from tenants.models import Invitation, Membership


def extension_choices() -> list[tuple[str, str]]:
    """Return the tenant's extensions for a drop-down."""
    return [("", "None"), *((e.number, str(e)) for e in Extension.objects.all())]


class InvitationForm(TenantForm):
    """Whom to ask in; whether they have an account elsewhere is nobody's business here."""

    email = forms.EmailField(
        label="E-mail",
        widget=UnfoldAdminEmailInputWidget(),
        help_text="A link to join is mailed there. It works once, for seven days.",
    )
    extension = forms.ChoiceField(required=False, widget=select())

    class Meta:
        model = Invitation
        fields = ["email", "name", "role", "extension"]
        help_texts = {
            "name": "For the mail's greeting; the person types the own name.",
            "role": "Tenant admins see all of this company, extension users their own inbox.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        extension: Any = self.fields["extension"]
        extension.choices = extension_choices()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        needs_extension = cleaned.get("role") == Membership.Role.EXTENSION
        if needs_extension and not cleaned.get("extension") and "extension" not in self.errors:
            self.add_error("extension", "An extension user needs an extension.")
        if "email" in cleaned and (reason := invitations.why_not(cleaned["email"], self.tenant)):
            self.add_error("email", reason)
        return cleaned

    def send(self) -> Invitation:
        """Send what the form says.

        Raises NotInvited when somebody else has just done so.
        """
        cleaned = self.cleaned_data
        return invitations.invite(
            cleaned["email"],
            tenant=self.tenant,
            by=self.user,
            role=cleaned["role"],
            extension=cleaned["extension"],
            name=cleaned["name"],
        )


class InvitationAdmin(InvitationScreen, TenantAdmin):
    """Invitations to this tenant."""

    form = InvitationForm
    list_filter = ["role"]
    search_help_text = "Search by name or e-mail"
    add_label = "Invite"
    empty_title = "Nobody is invited"
    empty_text = (
        "Invite your people by e-mail: the link they get works once, for seven days, and leads"
        " them to an account of their own."
    )
    empty_links = (("Users", "admin:tenants_membership_changelist"),)

    def get_queryset(self, request: ScreenRequest) -> QuerySet[Invitation]:
        queryset: QuerySet[Invitation] = super().get_queryset(request)
        mine = queryset.filter(tenant=request.tenant)
        return mine.select_related("tenant", "invited_by")

    def get_fields(self, request: ScreenRequest, obj: Invitation | None = None) -> list[str]:
        if obj is None:
            return ["email", "name", "role", "extension"]
        times = ["created_at", "sent_at", "expires_at", "accepted_at", "revoked_at"]
        return ["email", "name", "invited_as", "state", "inviter", *times]

    def get_readonly_fields(
        self, request: ScreenRequest, obj: Invitation | None = None
    ) -> list[str]:
        return [] if obj is None else self.get_fields(request, obj)

    def save_model(
        self, request: ScreenRequest, obj: Invitation, form: InvitationForm, change: Any
    ) -> None:
        obj.__dict__.update(form.send().__dict__)

    def response_add(
        self, request: ScreenRequest, obj: Invitation, post_url_continue: Any = None
    ) -> HttpResponse:
        say_sent(request, obj)
        return self.response_post_save_add(request, obj)  # type: ignore[no-any-return]
