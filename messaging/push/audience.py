"""Who is told of a text: its thread's handler; while it is nobody's, those who could take it."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from messaging.models import (
    Conversation,
    Extension,
    Note,
    PushSubscription,
    ReadMark,
    RingGroupMember,
)
from messaging.visibility import Desk, desk_of, visible_conversations
from tenants.models import Membership, Tenant, User
from tenants.roles import Role, known_membership, role_in

# Nobody's at all, or its people are all away: the admins should know.
_ALONE = Q(ring_group=None, shared_with=[])


def told_of(user: User, tenant: Tenant) -> QuerySet[Conversation]:
    """Return the threads whose texts the person is told of: fewer than they may see."""
    return told_at(desk_of(user, tenant), user, tenant)


def told_at(desk: Desk | None, user: User, tenant: Tenant) -> QuerySet[Conversation]:
    """Return the same where the person's own desk is known already."""
    role = role_in(user, tenant)
    if role is None:
        return Conversation.objects.none()
    threads = Conversation.objects.select_related("extension")
    # Whoever may see all is told of the own ones only; a visiting system admin has none.
    membership = known_membership(user, tenant)
    if membership is None:
        return threads.none()
    mine = _at(desk) if desk else Q(pk__in=[])
    if membership.role == Membership.Role.ADMIN and role >= Role.ADMIN:
        mine |= Q(extension=None) & (_ALONE | ~_somebody())
    return threads.filter(mine)


def unread_of(user: User, tenant: Tenant) -> QuerySet[Conversation]:
    """Narrow them down to those with something unread, for the number on the app's icon."""
    mark = ReadMark.objects.filter(conversation=OuterRef("pk"), user=user).values("read_at")[:1]
    return (
        told_of(user, tenant)
        .annotate(seen_at=Subquery(mark))
        .filter(
            Q(seen_at=None) | Q(last_inbound_at__gt=F("seen_at")),
            last_inbound_at__isnull=False,
            done_at=None,
        )
    )


def listeners(conversation: Conversation, tenant: Tenant) -> list[User]:
    """Return the people with a device who are told of the thread, judged at this moment."""
    members = _with_device(tenant)
    if conversation.extension is not None:
        members = members.filter(extension=conversation.extension.number)
    elif conversation.ring_group_id is None and not conversation.shared_with:
        members = members.filter(role=Membership.Role.ADMIN)
    return [
        member.user
        for member in members
        if told_of(member.user, tenant).filter(pk=conversation.pk).exists()
    ]


def mentioned(note: Note, tenant: Tenant) -> list[User]:
    """Return the people with a device whom a note mentions, but for who wrote it."""
    numbers = Extension.objects.filter(pk__in=note.mentions).values_list("number", flat=True)
    members = _with_device(tenant).filter(extension__in=list(numbers))
    return [
        member.user
        for member in members.exclude(user=note.author_id)
        if may_see(member.user, note, tenant)
    ]


def may_see(user: User, note: Note, tenant: Tenant) -> bool:
    """Tell whether the note's thread is still open to the person."""
    role = role_in(user, tenant)
    if role is None:
        return False
    return visible_conversations(user, role, tenant).filter(pk=note.conversation_id).exists()


def _at(desk: Desk) -> Q:
    own = Q(extension=desk.extension)
    if not desk.extension.is_available:
        return own
    key = desk.extension.pk
    shared = Q(ring_group__in=desk.groups) | Q(shared_with__contains=[key])
    return own | (Q(extension=None) & shared)


def _somebody() -> Q:
    """Keep threads that somebody could take: an extension that shares them is available."""
    present = RingGroupMember.objects.filter(
        group=OuterRef("ring_group"), extension__is_available=True
    )
    available = Extension.objects.filter(is_available=True).order_by()
    return Exists(present) | Q(shared_with__overlap=available.values_list("pk"))


def _with_device(tenant: Tenant) -> QuerySet[Membership]:
    return Membership.objects.select_related("user").filter(
        tenant=tenant,
        is_active=True,
        user__is_active=True,
        user__in=PushSubscription.objects.values("user"),
    )
