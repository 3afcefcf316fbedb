"""Which conversations a person may see, and how many of their messages are unread.

Unread is told by time: what came in later than the person's read mark. The list needs the
conversation's row and the mark for that, never a look at a million messages.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import (
    Case,
    F,
    FilteredRelation,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from messaging.models import Conversation, Extension, Message, ReadMark
from tenants.models import Membership, Tenant, User
from tenants.roles import Role

# "99+" is all anybody wants to know beyond.
MOST_COUNTED = 100

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_JUST_BEFORE = timedelta(microseconds=1)
# Two tabs may read at once: the later mark wins, whichever comes first.
_MOVE_UP = """
    INSERT INTO messaging_readmark (conversation_id, user_id, read_at) VALUES (%s, %s, %s)
    ON CONFLICT (conversation_id, user_id)
    DO UPDATE SET read_at = GREATEST(messaging_readmark.read_at, EXCLUDED.read_at)
"""


def extension_of(user: User, tenant: Tenant) -> Extension | None:
    """Return the person's own extension in the tenant of the current schema."""
    own = user.memberships.filter(tenant_id=tenant.pk, is_active=True).exclude(extension="")
    return Extension.objects.filter(number__in=own.values("extension")[:1]).first()


def person_of(extension: Extension, tenant: Tenant) -> User | None:
    """Return who sits at the extension; the first of several."""
    members = Membership.objects.filter(
        tenant=tenant, extension=extension.number, is_active=True, user__is_active=True
    )
    found = members.select_related("user").order_by("pk").first()
    return found.user if found else None


def visible_conversations(user: User, role: Role, tenant: Tenant) -> QuerySet[Conversation]:
    """Return all threads for admins, and those of the own extension for extension users."""
    if role >= Role.ADMIN:
        return Conversation.objects.select_related("extension")
    extension = extension_of(user, tenant)
    return conversations_at(extension.number) if extension else Conversation.objects.none()


def conversations_at(number: str) -> QuerySet[Conversation]:
    """Return the threads in one extension's inbox; none for the empty number."""
    conversations = Conversation.objects.select_related("extension")
    return conversations.filter(extension__number=number) if number else conversations.none()


def unread_conversations(
    conversations: QuerySet[Conversation], user: User | None
) -> QuerySet[Conversation]:
    """Keep those that heard from outside since the person's read mark; of nobody, none."""
    if user is None:
        return conversations.none()
    return _with_mark(conversations, user).filter(_is_unread())


def read_conversations(conversations: QuerySet[Conversation], user: User) -> QuerySet[Conversation]:
    """Keep those that hold nothing new for the person."""
    is_read = Q(last_inbound_at=None) | Q(last_inbound_at__lte=F("read_at"))
    return _with_mark(conversations, user).filter(is_read)


def unread_total(conversations: QuerySet[Conversation], user: User | None) -> int:
    """Count the unread conversations, no further than `MOST_COUNTED`."""
    return unread_conversations(conversations, user).order_by()[:MOST_COUNTED].count()


def with_unread_total(
    rows: QuerySet[Conversation], conversations: QuerySet[Conversation], user: User | None
) -> QuerySet[Conversation]:
    """Add `unread_total` of the conversations to each row, so that the list is one question."""
    if user is None:
        return rows.annotate(unread_total=Value(0))
    unread = unread_conversations(conversations, user).order_by().values("pk")[:MOST_COUNTED]
    return rows.annotate(unread_total=_length(unread))


def with_unread_count(
    conversations: QuerySet[Conversation], user: User | None
) -> QuerySet[Conversation]:
    """Add `unread_count`: what came in since the person's read mark, up to `MOST_COUNTED`."""
    if user is None:
        return conversations.annotate(unread_count=Value(0))
    since = Coalesce(OuterRef("read_at"), Value(_NEVER))
    unread = Message.objects.filter(
        conversation=OuterRef("pk"), direction=Message.Direction.IN, created_at__gt=since
    )
    counted = _length(unread.order_by().values("pk")[:MOST_COUNTED])
    return _with_mark(conversations, user).annotate(
        unread_count=Case(When(_is_unread(), then=counted), default=0)
    )


def mark_read(conversation: Conversation, user: User, *, until: datetime | None = None) -> None:
    """Move the person's read mark up to `until` (now); reading never moves it back."""
    at = until or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_UP, [conversation.pk, user.pk, at])


def mark_unread(conversation: Conversation, user: User, *, since: Message | None = None) -> None:
    """Make a message and all later ones unread for the person; the last one that came in if none.

    Nothing happens in a thread that never heard from outside: there is nothing to read in it.
    """
    at = since.created_at if since else conversation.last_inbound_at
    if at is None:
        return
    ReadMark.objects.bulk_create(
        [ReadMark(conversation=conversation, user=user, read_at=at - _JUST_BEFORE)],
        update_conflicts=True,
        unique_fields=["conversation", "user"],
        update_fields=["read_at"],
    )


def _length(keys: QuerySet[Any, Any]) -> Func:
    return Func(ArraySubquery(keys), function="cardinality", output_field=IntegerField())


def _with_mark(conversations: QuerySet[Conversation], user: User) -> QuerySet[Conversation]:
    if "read_at" in conversations.query.annotations:
        return conversations
    return conversations.annotate(
        own_mark=FilteredRelation("read_marks", condition=Q(read_marks__user=user)),
        read_at=F("own_mark__read_at"),
    )


def _is_unread() -> Q:
    later = Q(read_at=None) | Q(last_inbound_at__gt=F("read_at"))
    return Q(last_inbound_at__isnull=False) & later
