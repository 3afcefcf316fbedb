"""Invitations: who is asked in, and what became of it. Shared by both portals."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from tenants import invitations
from tenants.admin.audit_list import HistoryInTrail
from tenants.admin.forms import InvitationForm
from tenants.admin.labels import INVITATION_COLOURS, invitation_label, refreshed
from tenants.models import Invitation
from tenants.schema import PortalRequest
from tenants.sites import system_site


class InvitationScreen(HistoryInTrail, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """List of invitations with "Send again" and "Revoke"; what was sent is never edited."""

    list_display = ["email", "name", "invited_as", "state", "inviter", "created_at", "sent_at"]
    list_select_related = ["tenant", "invited_by"]
    search_fields = ["email", "name", "extension"]
    search_help_text = "Search by e-mail, name or extension"
    empty_title = "Nobody is invited yet"
    empty_text = "A link is mailed, works once, and lets the person choose a password."
    add_label = "Invite"
    list_before_template = "admin/tenants/invite_toolbar.html"
    show_add_link = False  # the toolbar has a button with a word on it
    actions_row = ["send_again", "revoke"]
    actions_detail = ["send_again", "revoke"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        # What was sent is not edited, so there is nowhere to stay.
        one_way = {
            "title": "Invite",
            "show_save_and_continue": False,
            "show_save_and_add_another": False,
        }
        return super().add_view(request, form_url, {**(extra_context or {}), **one_way})

    def row_action_applies(self, name: str, invitation: Invitation) -> bool:
        """Offer nothing for what was used or revoked."""
        return invitations.state_of(invitation) in ("open", "expired")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        found = self.get_queryset(request).filter(pk=object_id).first()
        offered = found is not None and self.row_action_applies("", found)
        return super().get_actions_detail(request, object_id) if offered else []

    @display(description="Status", label=INVITATION_COLOURS)
    def state(self, invitation: Invitation) -> tuple[str, str]:
        return invitation_label(invitation)

    @admin.display(description="E-mail", ordering="email")
    def address(self, invitation: Invitation) -> str:
        return invitation.email

    @admin.display(description="As")
    def invited_as(self, invitation: Invitation) -> str:
        if invitation.tenant_id is None:
            return "System admin"
        role = invitation.get_role_display()
        return f"{role}, {invitation.extension}" if invitation.extension else role

    @admin.display(description="Invited by", ordering="invited_by__email")
    def inviter(self, invitation: Invitation) -> str:
        return str(invitation.invited_by or "")

    @action(
        description="Send again",
        icon="forward_to_inbox",
        dialog={
            "title": "Send this invitation again?",
            "description": "A new link goes out, good for seven days. The old link stops working.",
            "form_submit_text": "Send again",
        },
    )
    def send_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        invitation = self._of_request(request, object_id)
        if invitations.send_again(invitation):
            say_sent(request, invitation)
        else:
            messages.warning(request, "Not sent: this invitation was used or revoked.")
        return refreshed()

    @action(
        description="Revoke",
        icon="block",
        dialog={
            "title": "Revoke this invitation?",
            "description": "Its link stops working at once. You can invite the person again later.",
            "form_submit_text": "Revoke",
        },
    )
    def revoke(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        if invitations.revoke(self._of_request(request, object_id)):
            messages.success(request, "The invitation is revoked.")
        else:
            messages.warning(request, "Nothing to revoke: it was used or revoked before.")
        return refreshed()

    def _of_request(self, request: HttpRequest, object_id: str) -> Invitation:
        # By the screen's own queryset: another tenant's invitation is not there.
        found = self.get_queryset(request).filter(pk=object_id).first()
        if not isinstance(found, Invitation):
            raise Http404
        return found


def say_sent(request: HttpRequest, invitation: Invitation) -> None:
    """Tell that the mail is on its way; the same words whether the address has an account."""
    where = invitations.where_mail_goes()
    messages.success(request, f"Invitation sent to {invitation.email}. {where}".strip())


@admin.register(Invitation, site=system_site)
class InvitationAdmin(InvitationScreen):
    """Invitations to all tenants and to the platform itself."""

    form = InvitationForm
    list_display = [
        "address",
        "name",
        "place",
        "invited_as",
        "state",
        "inviter",
        "created_at",
        "sent_at",
    ]
    list_filter = ["tenant", "role"]
    autocomplete_fields = ["tenant"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        queryset: QuerySet[Invitation] = super().get_queryset(request)
        return queryset.select_related("tenant", "invited_by")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return ["email", "name", "kind", "tenant", "extension"]
        times = ["created_at", "sent_at", "expires_at", "accepted_at", "revoked_at"]
        return ["address", "name", "place", "invited_as", "status", "inviter", *times]

    @admin.display(description="Status")
    def status(self, invitation: Invitation) -> str:
        return invitation_label(invitation)[1]

    @admin.display(description="Place", ordering="tenant__name")
    def place(self, invitation: Invitation) -> str:
        return str(invitation.tenant or "System portal")

    def save_model(
        self,
        request: PortalRequest,
        obj: Invitation,
        form: InvitationForm,
        change: bool,  # noqa: FBT001
    ) -> None:
        invited = form.send(by=request.user)
        obj.__dict__.update(invited.__dict__)

    def response_add(
        self, request: HttpRequest, obj: Invitation, post_url_continue: Any = None
    ) -> HttpResponse:
        say_sent(request, obj)
        return self.response_post_save_add(request, obj)  # type: ignore[no-any-return]
