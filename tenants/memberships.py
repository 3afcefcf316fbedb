"""Making people members of a tenant, by their e-mail address."""

from __future__ import annotations

from django.db import transaction

from tenants.models import Membership, Tenant, User


@transaction.atomic
def add_member(
    tenant: Tenant,
    email: str,
    *,
    role: str,
    extension: str = "",
    password: str | None = None,
    name: str = "",
    is_active: bool = True,
) -> Membership:
    """Make the person a member; who is new here gets an account, with the password if given.

    The password of an account that exists stays as it is.
    """
    return Membership.objects.create(
        user=account_of(email, password=password, name=name),
        tenant=tenant,
        role=role,
        extension=extension,
        is_active=is_active,
    )


def account_of(email: str, *, password: str | None = None, name: str = "") -> User:
    """Return the account of the address, made if need be."""
    known = find_account(email)
    return known or User.objects.create_user(email, password or None, name=name)


def find_account(email: str) -> User | None:
    """Return the account of the address in any case of letters."""
    return User.objects.filter(email__iexact=email.strip()).first()


def belongs_here_only(membership: Membership) -> bool:
    """Tell whether the account is this tenant's alone, so that its admins may help with it."""
    user = membership.user
    elsewhere = user.memberships.exclude(tenant_id=membership.tenant_id)
    return not user.is_system_admin and not elsewhere.exists()
