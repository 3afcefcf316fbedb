"""What each role may do: decided here, denied by default."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, TypeVar

from django.db import connection

if TYPE_CHECKING:
    from tenants.models.people import Membership, User
    from tenants.models.tenant import Tenant

View = TypeVar("View", bound=Callable[..., object])

# Permissions a tenant admin has in the own tenant's schema; everything else is denied.
_TENANT_ADMIN_APPS = {"messaging"}
_TENANT_ADMIN_PERMISSIONS = {
    "tenants.view_trunk",
    "tenants.add_trunk",
    "tenants.change_trunk",
    "tenants.delete_trunk",
    "tenants.view_phonenumber",
    "tenants.add_phonenumber",
    "tenants.change_phonenumber",
    "tenants.delete_phonenumber",
    "admin.view_logentry",
}


class Role(IntEnum):
    """Roles in rising order of power."""

    EXTENSION = 1
    ADMIN = 2
    SYSTEM = 3


def membership_of(user: User, tenant: Tenant) -> Membership | None:
    """Return the active membership of the person in the tenant."""
    return user.memberships.filter(tenant_id=tenant.pk, is_active=True).first()


def known_membership(user: User, tenant: Tenant) -> Membership | None:
    """Return the membership as it was first asked for: the user object lives for one request."""
    known: dict[int, Membership | None] = user.__dict__.setdefault("_membership_by_tenant", {})
    if tenant.pk not in known:
        known[tenant.pk] = membership_of(user, tenant)
    return known[tenant.pk]


def role_in(user: User, tenant: Tenant) -> Role | None:
    """Tell what the person is in the tenant; None = nothing, so no door opens."""
    if not user.is_active:
        return None
    if user.is_system_admin:
        return Role.SYSTEM
    # Django asks dozens of times per page.
    membership = known_membership(user, tenant)
    if membership is None:
        return None
    return Role.ADMIN if membership.role == "admin" else Role.EXTENSION


def may(user: User, permission: str) -> bool:
    """Answer Django's permission question for the schema of the current connection."""
    if not user.is_active:
        return False
    if user.is_system_admin:
        return True
    tenant = getattr(connection, "tenant", None)
    if tenant is None or not getattr(tenant, "pk", None):
        return False
    if role_in(user, tenant) != Role.ADMIN:
        return False
    return (
        permission.split(".", 1)[0] in _TENANT_ADMIN_APPS or permission in _TENANT_ADMIN_PERMISSIONS
    )


def may_see_app(user: User, app_label: str) -> bool:
    """Answer Django's question whether an app appears in the person's menus."""
    return may(user, f"{app_label}.view_anything") or any(
        may(user, permission)
        for permission in _TENANT_ADMIN_PERMISSIONS
        if permission.startswith(f"{app_label}.")
    )


def open_to(role: Role) -> Callable[[View], View]:
    """Open a tenant view to this role and those above it; unmarked views need a tenant admin."""

    def mark(view: View) -> View:
        view.minimum_role = role  # type: ignore[attr-defined]
        return view

    return mark


def public_in_tenant(view: View) -> View:
    """Open a tenant view to everybody, signed in or not."""
    view.is_public_in_tenant = True  # type: ignore[attr-defined]
    return view
