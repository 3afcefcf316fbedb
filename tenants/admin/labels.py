"""Links shown as buttons in the lists of the system portal."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from tenants.invitations import state_of
from tenants.links import tenant_path
from tenants.models import Invitation, Tenant

_BUTTON = (
    "border border-base-200 font-medium inline-flex items-center px-3 py-1 rounded-default"
    " text-important whitespace-nowrap dark:border-base-700"
)


def manage_button(tenant: Tenant) -> SafeString | str:
    """Button into the tenant's portal; nothing while its doors are shut."""
    if not tenant.is_open:
        return ""
    return format_html('<a class="{}" href="{}">Manage</a>', _BUTTON, tenant_path(tenant))


def status_of(tenant: Tenant) -> tuple[str, str]:
    """Key and words for the badge of a tenant's status."""
    if tenant.state == Tenant.State.READY and not tenant.is_active:
        return "suspended", "Suspended"
    return tenant.state, tenant.get_state_display()


STATUS_COLOURS = {
    "ready": "success",
    "provisioning": "info",
    "suspended": "warning",
    "failed": "danger",
    "removing": "danger",
}

INVITATION_COLOURS = {
    "waiting": "info",
    "open": "info",
    "accepted": "success",
    "expired": "warning",
    "revoked": "danger",
}

_INVITATION_WORDS = {
    "open": "Sent",
    "accepted": "Accepted",
    "expired": "Expired",
    "revoked": "Revoked",
}


def invitation_label(invitation: Invitation) -> tuple[str, str]:
    """Key and words for the badge of what became of an invitation."""
    state = state_of(invitation)
    if state == "open" and invitation.sent_at is None:
        return "waiting", "Being sent"
    return state, _INVITATION_WORDS[state]


def refreshed() -> HttpResponse:
    """Answer of a dialog that has done its work: the page behind it is loaded anew."""
    return HttpResponse(headers={"HX-Refresh": "true"})


def moment(at: datetime | None) -> str:
    """Write a time in words; a page shows what a method returns as it is."""
    return date_format(localtime(at), "DATETIME_FORMAT") if at else "Never"
