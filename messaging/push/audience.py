"""Who is told of a text: the owner of its extension, or the admins while it is nobody's."""

from __future__ import annotations

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from messaging.models import Conversation, PushSubscription, ReadMark
from messaging.visibility import visible_conversations
from tenants.models import Membership, Tenant, User
from tenants.roles import Role, membership_of, role_in


def told_of(user: User, tenant: Tenant) -> QuerySet[Conversation]:
    """Return the threads whose texts the person is told of: fewer than an admin may see."""
    role = role_in(user, tenant)
    if role is None:
        return Conversation.objects.none()
    visible = visible_conversations(user, role, tenant)
    if role == Role.EXTENSION:
        return visible
    # Whoever may see all is told of the own ones only; a visiting system admin has none.
    membership = membership_of(user, tenant)
    if membership is None:
        return visible.none()
    mine = Q(extension__number=membership.extension) if membership.extension else Q(pk__in=[])
    if membership.role == Membership.Role.ADMIN:
        mine |= Q(extension=None)
    return visible.filter(mine)


def unread_of(user: User, tenant: Tenant) -> QuerySet[Conversation]:
    """Narrow them down to those with something unread, for the number on the app's icon."""
    mark = ReadMark.objects.filter(conversation=OuterRef("pk"), user=user).values("read_at")[:1]
    return (
        told_of(user, tenant)
        .annotate(seen_at=Subquery(mark))
        .filter(
            Q(seen_at=None) | Q(last_inbound_at__gt=F("seen_at")), last_inbound_at__isnull=False
        )
    )


def listeners(conversation: Conversation, tenant: Tenant) -> list[User]:
    """Return the people with a device who are told of the thread, judged at this moment."""
    members = Membership.objects.select_related("user").filter(
        tenant=tenant, is_active=True, user__is_active=True
    )
    if conversation.extension is None:
        members = members.filter(role=Membership.Role.ADMIN)
    else:
        members = members.filter(extension=conversation.extension.number)
    reachable = members.filter(user__in=PushSubscription.objects.values("user"))
    return [
        member.user
        for member in reachable
        if told_of(member.user, tenant).filter(pk=conversation.pk).exists()
    ]
