"""API keys of one tenant: who may have one, and taking one away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils import timezone

from tenants.audit import because, change
from tenants.models import ApiKey, Membership, Tenant, User


def may_have_key(tenant: Tenant, *, asking: User) -> QuerySet[User]:
    """Return for whom the person may make a key of the tenant.

    Active members; of system admins only oneself, as a key may do whatever its person may.
    """
    member = Membership.objects.filter(user=OuterRef("pk"), tenant=tenant, is_active=True)
    others = Q(Exists(member), is_system_admin=False)
    people = User.objects.filter(is_active=True).filter(others | Q(pk=asking.pk))
    if not asking.is_system_admin:
        people = people.filter(Exists(member))
    return people


def keys_of(tenant: Tenant) -> QuerySet[ApiKey]:
    """Return the tenant's keys, with whether their person may still enter (`may_enter`)."""
    member = Membership.objects.filter(
        user=OuterRef("user"), tenant=OuterRef("tenant"), is_active=True
    )
    may_enter = Q(user__is_active=True) & (Q(user__is_system_admin=True) | Exists(member))
    return ApiKey.objects.filter(tenant=tenant).select_related("user").annotate(may_enter=may_enter)


def revoke(keys: QuerySet[ApiKey]) -> bool:
    """Shut the keys out at once and for good; False when they were already."""
    return bool(change(keys.filter(revoked_at=None), revoked_at=timezone.now()))


def revoke_before_promotion(user: User) -> None:
    """Shut out what was made for a lesser person: somebody else may know the secret."""
    with because("became a system admin"):
        revoke(ApiKey.objects.filter(user_id=user.pk))


@receiver(pre_save, sender=User, dispatch_uid="tenants.keys.promotion")
def _saved(
    sender: type[User], instance: User, update_fields: Iterable[str] | None = None, **kwargs: Any
) -> None:
    if instance.pk is None or not instance.is_system_admin:
        return
    if update_fields is not None and "is_system_admin" not in update_fields:
        return
    if User.objects.filter(pk=instance.pk, is_system_admin=False).exists():
        revoke_before_promotion(instance)
