"""Who could look after a thread, and who of them is there at the moment."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from messaging.models import Conversation, Extension
from tenants.models import Membership
from tenants.schema import tenant_connection


def reachable(extensions: QuerySet[Extension]) -> QuerySet[Extension]:
    """Keep extensions that are available and whose person may sign in."""
    people = Membership.objects.filter(
        tenant_id=tenant_connection.tenant.pk,
        extension=OuterRef("number"),
        is_active=True,
        user__is_active=True,
    )
    return extensions.filter(Exists(people), is_available=True)


def sharers(conversation: Conversation) -> QuerySet[Extension]:
    """Return the extensions that see the thread: handler, ring group, and those it is shared with.

    None for a thread that is one extension's alone, or nobody's.
    """
    group = conversation.ring_group_id
    if group is None and not conversation.shared_with:
        return Extension.objects.none()
    keys = [*conversation.shared_with, conversation.extension_id]
    seen = Q(pk__in=[key for key in keys if key])
    if group is not None:
        seen |= Q(pk__in=Extension.objects.filter(places__group=group).values("pk"))
    return Extension.objects.filter(seen)
