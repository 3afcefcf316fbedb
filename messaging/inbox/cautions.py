"""What to know before answering in a thread, read along with it."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from messaging.models import Conversation, SendingPolicy
from tenants.models import PhoneNumber, Tenant

_PHONE = ("id", "number", "kind", "registration")
_POLICY = ("unregistered", "quiet_hours", "quiet_from", "quiet_until")


def told_along(conversations: QuerySet[Conversation], tenant: Tenant) -> QuerySet[Conversation]:
    """Add the sending policy and our number's registration: a page has no questions to spare."""
    phones = PhoneNumber.objects.filter(number=OuterRef("our_number"), tenant_id=tenant.pk)
    policies = SendingPolicy.objects.filter(pk=1)
    return conversations.annotate(
        phone_row=_one(phones.order_by(), _PHONE), policy_row=_one(policies, _POLICY)
    )


def policy_of(conversation: Conversation) -> SendingPolicy:
    """Return what the tenant has decided, or the defaults."""
    row: dict[str, Any] = dict(conversation.policy_row or {})  # type: ignore[attr-defined]  # annotated
    for name in ("quiet_from", "quiet_until"):
        if name in row:
            row[name] = time.fromisoformat(row[name])
    return SendingPolicy(pk=1, **row)


def phone_of(conversation: Conversation) -> PhoneNumber | None:
    """Return our number with its registration; None = no longer the tenant's."""
    row = conversation.phone_row  # type: ignore[attr-defined]  # annotated
    return PhoneNumber(**row) if row else None


def _one(rows: QuerySet[Any], fields: tuple[str, ...]) -> Subquery:
    found = rows.annotate(found=JSONObject(**{name: name for name in fields}))
    return Subquery(found.values("found")[:1])
