"""Who writes and to whom, as far as advice depends on it."""

from __future__ import annotations

from collections.abc import Sequence

from messaging.content.advice import Kind
from messaging.conversations import participants_key
from messaging.models import Message, SendingPolicy
from messaging.models.message import Status
from tenants.models import Tenant

_BULK = 10  # separate texts at once; fewer are still people who know each other


def sender_name(tenant: Tenant) -> str:
    """Return the name that people know the company by."""
    policy = SendingPolicy.objects.first()
    return (policy.sender_name if policy else "") or tenant.name


def kind_of_text(our_number: str, recipients: Sequence[str], *, individually: bool) -> Kind:
    """Tell whether they know who writes: they do once a text from this number went to them."""
    apart = individually and len(recipients) > 1
    if apart and len(recipients) > _BULK:
        return Kind.BULK
    keys = list(recipients) if apart else [participants_key(recipients)]
    known = (
        Message.objects.filter(
            conversation__our_number=our_number,
            conversation__participants_key__in=keys,
            direction=Message.Direction.OUT,
        )
        .exclude(status__in=[Status.FAILED, Status.CANCELED])
        .values("conversation")
        .distinct()
        .count()
    )
    return Kind.REPLY if known == len(set(keys)) else Kind.FIRST
