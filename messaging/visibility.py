"""Which conversations a person may see, and how many of their messages are unread."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from messaging.models import Conversation, Extension, Message, ReadMark
from tenants.models import Tenant, User
from tenants.roles import Role, membership_of


def extension_of(user: User, tenant: Tenant) -> Extension | None:
    """Return the person's own extension in the tenant of the current schema."""
    membership = membership_of(user, tenant)
    if membership is None or not membership.extension:
        return None
    return Extension.objects.filter(number=membership.extension).first()


def visible_conversations(user: User, role: Role, tenant: Tenant) -> QuerySet[Conversation]:
    """Return all threads for admins, and those of the own extension for extension users."""
    conversations = Conversation.objects.select_related("extension")
    if role >= Role.ADMIN:
        return conversations
    extension = extension_of(user, tenant)
    return conversations.filter(extension=extension) if extension else conversations.none()


def with_unread_count(conversations: QuerySet[Conversation], user: User) -> QuerySet[Conversation]:
    """Add `unread_count`: what came in since the person's read mark."""
    mark = ReadMark.objects.filter(conversation=OuterRef("conversation"), user=user)
    unread = (
        Message.objects.filter(conversation=OuterRef("pk"), direction=Message.Direction.IN)
        .annotate(mark=Subquery(mark.values("read_at")[:1]))
        .filter(Q(mark=None) | Q(created_at__gt=Subquery(mark.values("read_at")[:1])))
        .order_by()
        .values("conversation")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return conversations.annotate(
        unread_count=Coalesce(Subquery(unread, output_field=IntegerField()), 0)
    )


def mark_read(conversation: Conversation, user: User, *, until: datetime | None = None) -> None:
    """Move the person's read mark up to `until` (now); marks never move back."""
    at = until or timezone.now()
    ReadMark.objects.bulk_create(
        [ReadMark(conversation=conversation, user=user, read_at=at)], ignore_conflicts=True
    )
    ReadMark.objects.filter(conversation=conversation, user=user, read_at__lt=at).update(read_at=at)
