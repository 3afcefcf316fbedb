"""Texts and mentions of the last minutes, for an open page that shows notifications itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from messaging.models import Conversation, Message, NotificationChoice, ReadMark
from messaging.push.audience import told_at
from messaging.push.content import hides_text, mention_of, notice_of, senders, titles
from messaging.push.quiet import wants_notice
from messaging.visibility import Desk, desk_of, mentions_of, seen_from
from tenants.models import Tenant, User
from tenants.roles import Role, role_in

# Browsers wake a hidden page once a minute; the page knows which ones it has shown.
_SPAN = timedelta(minutes=5)
_MOST = 10


def recent_notices(user: User, tenant: Tenant) -> list[dict[str, Any]]:
    """Return what the person has not read yet, oldest first, by the same rules as a push."""
    now = timezone.now()
    choice = NotificationChoice.objects.filter(user=user).first()
    if not wants_notice(choice, now, tenant.timezone):
        return []
    desk = desk_of(user, tenant)
    mark = ReadMark.objects.filter(conversation=OuterRef("conversation"), user=user)
    unread = (
        Message.objects.filter(
            conversation__in=told_at(desk, user, tenant).values("pk"),
            direction=Message.Direction.IN,
            created_at__gt=now - _SPAN,
        )
        .annotate(seen_at=Subquery(mark.values("read_at")[:1]))
        .filter(Q(seen_at=None) | Q(created_at__gt=F("seen_at")))
        .prefetch_related("attachments")
        .order_by("-created_at", "-pk")[:_MOST]
    )
    is_hidden = hides_text(choice, tenant)
    names = senders(unread, tenant)
    texts = [
        {
            "id": str(message.pk),
            **notice_of(message, names[message.sender], tenant, is_hidden=is_hidden).as_json(),
        }
        for message in reversed(unread)
    ]
    return texts + _mentions(desk, user, tenant, since=now - _SPAN, is_hidden=is_hidden)


def _mentions(
    desk: Desk | None, user: User, tenant: Tenant, *, since: datetime, is_hidden: bool
) -> list[dict[str, Any]]:
    role = role_in(user, tenant)
    if role is None:
        return []
    mark = ReadMark.objects.filter(conversation=OuterRef("conversation"), user=user)
    seen = Conversation.objects.all() if role >= Role.ADMIN else seen_from(desk)
    notes = (
        mentions_of(user, tenant)
        .filter(created_at__gt=since, conversation__in=seen.order_by().values("pk"))
        .exclude(author=user)
        .annotate(seen_at=Subquery(mark.values("read_at")[:1]))
        .filter(Q(seen_at=None) | Q(created_at__gt=F("seen_at")))
        .select_related("conversation", "author")
        .order_by("created_at")[:_MOST]
    )
    named = titles([note.conversation for note in notes], tenant)
    return [
        {
            "id": f"note-{note.pk}",
            **mention_of(note, named[note.conversation_id], tenant, is_hidden=is_hidden).as_json(),
        }
        for note in notes
    ]
