"""What stands in the frames of the two admin sites: menus, badges, the way back."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.templatetags.static import static
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse

from messaging.visibility import unread_total, visible_conversations
from tenants.links import public_path
from tenants.roles import Role
from tenants.schema import PortalRequest

_UNREAD_SECONDS = 10

Item = dict[str, Any]


def icon(request: PortalRequest) -> str:
    """Address of the site's icon."""
    return static("portal/icon.svg")


def frame_style(request: PortalRequest) -> str:
    """Address of the styles that every list needs."""
    return static("portal/frame.css")


def select_names(request: PortalRequest) -> str:
    """Address of the script that gives select2's boxes their labels."""
    return static("portal/select_names.js")


def account_links(request: PortalRequest) -> list[Item]:
    """Pages of one's own account; they are public pages, for all tenants the same."""
    return [
        {"title": "Password", "link": public_path("account_change_password")},
        {"title": "Two-step sign-in", "link": public_path("mfa_index")},
        {"title": "Sessions", "link": public_path("usersessions_list")},
    ]


def system_navigation(request: PortalRequest) -> list[Item]:
    """Menu of the system portal."""
    return _groups(
        (
            "",
            [
                _item("Dashboard", "space_dashboard", "admin:index"),
                _item("Tenants", "apartment", "admin:tenants_tenant_changelist"),
            ],
        ),
        (
            "Directory",
            [
                _item("Trunks", "hub", "admin:tenants_trunk_changelist"),
                _item("Phone numbers", "dialpad", "admin:tenants_phonenumber_changelist"),
                _item("Throughput", "speed", "admin:tenants_throughputpreset_changelist"),
            ],
        ),
        (
            "People",
            [
                _item("Users", "person", "admin:tenants_user_changelist"),
                _item("Memberships", "badge", "admin:tenants_membership_changelist"),
                _item("Invitations", "mail", "admin:tenants_invitation_changelist"),
                _item("API keys", "key", "admin:tenants_apikey_changelist"),
            ],
        ),
        (
            "Records",
            [
                _item("Webhook log", "webhook", "admin:providers_webhookevent_changelist"),
                _item("Unrouted texts", "call_missed", "admin:providers_unrouted"),
                _item("Access log", "history", "admin:tenants_accessentry_changelist"),
                _item("Audit", "fact_check", "admin:auditlog_logentry_changelist"),
                _item("System settings", "settings", "admin:system_settings"),
            ],
        ),
    )


def tenant_name(request: PortalRequest) -> str:
    """Name of the tenant whose pages these are."""
    return str(request.tenant)


def managing_badge(request: PortalRequest) -> list[str] | None:
    """Badge that reminds a switched-in system admin whose data this is."""
    if not _is_switched_in(request):
        return None
    return [f"Managing {request.tenant}", "warning"]


def managing_prefix(request: PortalRequest) -> str | None:
    """Start of the tab's title for a switched-in system admin."""
    return f"Managing {request.tenant} ·" if _is_switched_in(request) else None


def tenant_dropdown(request: PortalRequest) -> list[Item]:
    """Way out of the tenant, for system admins only."""
    if not _is_switched_in(request):
        return []
    return [{"icon": "arrow_back", "title": "Back to Tenants", "link": _tenants_path()}]


def tenant_navigation(request: PortalRequest) -> list[Item]:
    """Menu of a tenant's admins."""
    back = {"title": "Back to Tenants", "icon": "arrow_back", "link": _tenants_path()}
    inbox = _item("Inbox", "inbox", "inbox:index")
    if inbox and (unread := _unread(request)):
        inbox["badge"] = "99+" if unread > 99 else str(unread)
    return _groups(
        ("", [back if _is_switched_in(request) else None]),
        (
            "",
            [
                _item("Dashboard", "space_dashboard", "admin:index"),
                inbox,
                _item("Message log", "forum", "admin:messaging_message_changelist"),
                _item("Scheduled", "schedule_send", "admin:messaging_scheduledmessage_changelist"),
                _item("Broadcasts", "campaign", "admin:messaging_broadcast_changelist"),
                _item("Contacts", "contacts", "admin:messaging_contact_changelist"),
                _item("Templates", "description", "admin:messaging_template_changelist"),
                _item("Exports", "download", "admin:messaging_export_changelist"),
            ],
        ),
        (
            "Message Channel",
            [
                _item("SMS/MMS", "hub", "admin:messaging_smsconfiguration_changelist"),
                _item("Trunks", "cable", "admin:tenants_trunk_changelist"),
                _item("Inbound rules", "call_received", "admin:messaging_inboundrule_changelist"),
                _item("Outbound rules", "call_made", "admin:messaging_outboundrule_changelist"),
            ],
        ),
        (
            "Advanced",
            [
                _item("Message Settings", "tune", "admin:messaging_messagesetting_changelist"),
                _item("Phone numbers", "dialpad", "admin:tenants_phonenumber_changelist"),
                _item("Extensions", "support_agent", "admin:messaging_extension_changelist"),
                _item("Ring groups", "groups", "admin:messaging_ringgroup_changelist"),
            ],
        ),
        (
            "Hours and replies",
            [
                _item("Business hours", "schedule", "admin:messaging_businesshours_changelist"),
                _item("Holidays", "event", "admin:messaging_holiday_changelist"),
                _item("Auto-replies", "reply_all", "admin:messaging_autoreply_changelist"),
            ],
        ),
        (
            "Consent",
            [
                _item("Opt-outs", "block", "admin:messaging_optout_changelist"),
                _item("Consent ledger", "history_edu", "admin:messaging_consententry_changelist"),
                _item("Consent texts", "rule", "admin:messaging_consenttexts_changelist"),
                _item("Sending policy", "policy", "admin:messaging_sendingpolicy_changelist"),
            ],
        ),
        (
            "Company",
            [
                _item("Users", "group", "admin:tenants_membership_changelist"),
                _item("Invitations", "mail", "admin:tenants_invitation_changelist"),
                _item("API keys", "key", "admin:tenants_apikey_changelist"),
                _item("Settings", "settings", "admin:tenants_tenant_changelist"),
                _item("Audit", "fact_check", "admin:auditlog_logentry_changelist"),
                _item("Erasures", "person_remove", "admin:messaging_erasure_changelist"),
            ],
        ),
    )


def _is_switched_in(request: PortalRequest) -> bool:
    return getattr(request, "role", None) == Role.SYSTEM


def _tenants_path() -> str:
    return public_path("system:tenants_tenant_changelist")


def _item(title: str, symbol: str, name: str) -> Item | None:
    path = _path(name, get_urlconf() or settings.ROOT_URLCONF)
    if path is None:  # a screen that this installation does not have
        return None
    return {"title": title, "icon": symbol, "link": get_script_prefix() + path}


@lru_cache(maxsize=256)
def _path(name: str, urlconf: str) -> str | None:
    """Return the path below the tenant's own, which is the same for all of them."""
    try:
        return reverse(name, urlconf=urlconf).removeprefix(get_script_prefix())
    except NoReverseMatch:
        return None


class _Menu(list[Item]):
    """A menu of one page; unfold copies whatever it is given, as it may be everybody's."""

    def __deepcopy__(self, memo: object) -> _Menu:
        return self


def _groups(*groups: tuple[str, list[Item | None]]) -> list[Item]:
    shown = _Menu(
        {"title": title, "items": [item for item in items if item]}
        for title, items in groups
        if any(items)
    )
    for group in shown[1:]:
        group["separator"] = True
    return shown


def _unread(request: PortalRequest) -> int:
    if request.tenant is None:
        return 0
    # The query is paid on each admin page, so it is asked once in a while only.
    key = f"unread:{request.tenant.pk}:{request.user.pk}"
    known = cache.get(key)
    if known is None:
        role = request.role or Role.EXTENSION
        conversations = visible_conversations(request.user, role, request.tenant)
        known = unread_total(conversations, request.user)
        cache.set(key, known, _UNREAD_SECONDS)
    return int(known)
