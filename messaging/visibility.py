"""Which conversations a person may see, and how many of their messages are unread.

An extension sees the threads it handles, those of its ring groups, and those shared with it.

Unread is told by time: what came in later than the person's read mark. The list needs the
conversation's row and the mark for that, never a look at a million messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import (
    Case,
    Exists,
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

from messaging.models import (
    Conversation,
    Extension,
    Message,
    MessageSetting,
    Note,
    ReadMark,
    RingGroupMember,
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An extension, and what it shares with others."""

    extension: Extension
    groups: tuple[int, ...]  # keys of its ring groups
    shares_numbers: bool  # some number is listed as its own and others'

    @property
    def is_shared(self) -> bool:
        """Tell whether threads may come to it by turn."""
        return bool(self.groups) or self.shares_numbers

    def sees(self) -> Q:
        """Keep what the extension sees: its own threads, its groups', and those shared with it."""
        key = self.extension.pk
        # The second condition is the partial index's; PostgreSQL does not see that it follows.
        seen = Q(extension=key) | (Q(shared_with__contains=[key]) & ~Q(shared_with=[]))
        return seen | Q(ring_group__in=self.groups) if self.groups else seen

    def may_see(self, conversation: Conversation) -> bool:
        """Tell whether the extension sees the thread."""
        key = self.extension.pk
        return (
            conversation.extension_id == key
            or conversation.ring_group_id in self.groups
            or key in conversation.shared_with
        )


def extension_of(user: User, tenant: Tenant) -> Extension | None:
    """Return the person's own extension in the tenant of the current schema."""
    return _extensions_of(user, tenant).first()


def desk_of(user: User, tenant: Tenant) -> Desk | None:
    """Return the person's own extension with what it shares."""
    return _desk(_extensions_of(user, tenant))


def desk_at(number: str) -> Desk | None:
    """Return an extension with what it shares; None for the empty number."""
    return _desk(Extension.objects.filter(number=number)) if number else None


def desk_for(extension: Extension) -> Desk:
    """Return what this extension shares."""
    desk = _desk(Extension.objects.filter(pk=extension.pk))
    return desk or Desk(extension=extension, groups=(), shares_numbers=False)


def person_of(extension: Extension, tenant: Tenant) -> User | None:
    """Return who sits at the extension; the first of several."""
    members = Membership.objects.filter(
        tenant=tenant, extension=extension.number, is_active=True, user__is_active=True
    )
    found = members.select_related("user").order_by("pk").first()
    return found.user if found else None


def visible_conversations(user: User, role: Role, tenant: Tenant) -> QuerySet[Conversation]:
    """Return all threads for admins, and those that the own extension sees for the others."""
    if role >= Role.ADMIN:
        return Conversation.objects.select_related("extension")
    return seen_from(desk_of(user, tenant))


def conversations_at(number: str) -> QuerySet[Conversation]:
    """Return the threads in one extension's inbox; none for the empty number."""
    return seen_from(desk_at(number))


def seen_from(desk: Desk | None) -> QuerySet[Conversation]:
    """Return the threads that an extension sees; of no extension, none."""
    conversations = Conversation.objects.select_related("extension")
    return conversations.filter(desk.sees()) if desk else conversations.none()


def with_mention(
    conversations: QuerySet[Conversation], desk: Desk | None, user: User | None
) -> QuerySet[Conversation]:
    """Add `is_mentioned`: a note names the extension that its person has not seen yet."""
    if desk is None or user is None:
        return conversations.annotate(is_mentioned=Value(False))
    since = Coalesce(OuterRef("read_at"), Value(_NEVER))
    notes = mentions_at(desk).filter(conversation=OuterRef("pk"), created_at__gt=since)
    return _with_mark(conversations, user).annotate(is_mentioned=Exists(notes))


def mentions_at(desk: Desk) -> QuerySet[Note]:
    """Return the notes that name the extension."""
    return Note.objects.filter(mentions__contains=[desk.extension.pk]).order_by()


def mentions_of(user: User, tenant: Tenant) -> QuerySet[Note]:
    """Return the notes that name the person's own extension."""
    own = _extensions_of(user, tenant).order_by().values_list("pk")
    return Note.objects.filter(mentions__overlap=own).order_by()


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
    """Count the unread conversations that are not done, no further than `MOST_COUNTED`."""
    unread = unread_conversations(conversations, user).filter(done_at=None)
    return unread.order_by()[:MOST_COUNTED].count()


def with_unread_total(
    rows: QuerySet[Conversation], conversations: QuerySet[Conversation], user: User | None
) -> QuerySet[Conversation]:
    """Add `unread_total` of the conversations to each row, so that the list is one question."""
    if user is None:
        return rows.annotate(unread_total=Value(0))
    unread = unread_conversations(conversations, user).filter(done_at=None)
    keys = unread.order_by().values("pk")[:MOST_COUNTED]
    return rows.annotate(unread_total=_length(keys))


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


def _extensions_of(user: User, tenant: Tenant) -> QuerySet[Extension]:
    own = user.memberships.filter(tenant_id=tenant.pk, is_active=True).exclude(extension="")
    return Extension.objects.filter(number__in=own.values("extension")[:1])


def _desk(extensions: QuerySet[Extension]) -> Desk | None:
    places = RingGroupMember.objects.filter(extension=OuterRef("pk")).order_by()
    own = MessageSetting.objects.filter(extension=OuterRef("pk"), other_extensions__isnull=False)
    others = MessageSetting.objects.filter(other_extensions=OuterRef("pk"))
    found = extensions.annotate(
        group_keys=ArraySubquery(places.values("group")),
        shares_numbers=Exists(others) | Exists(own),
    ).first()
    if found is None:
        return None
    return Desk(
        extension=found,
        groups=tuple(found.group_keys),
        shares_numbers=found.shares_numbers,
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
