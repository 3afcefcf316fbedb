"""Links shown as buttons in the lists of the system portal."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

from tenants.links import tenant_path
from tenants.models import Tenant

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
}
