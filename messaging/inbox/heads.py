"""What stands above a thread: who has it, and what the person may do about that."""

from __future__ import annotations

from dataclasses import dataclass

from messaging.handling.actions import Actor, may_transfer
from messaging.inbox.frame import InboxRequest, desk
from messaging.models import Conversation
from tenants.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """Who has the thread, ready to show."""

    state: str  # equal as long as nothing changed hands
    handler: str  # "" = nobody
    handler_key: int | str
    group: str
    is_admin: bool
    is_mine: bool
    is_done: bool
    is_shown: bool  # the line about it; one extension's own thread needs none
    may_act: bool
    may_take: bool
    may_pass_on: bool  # transfer, or assign


def handling_of(request: InboxRequest, conversation: Conversation) -> Handling:
    """Say who has the thread and what the person may do; asks the database nothing."""
    own, handler = desk(request), conversation.extension
    is_mine = own is not None and conversation.extension_id == own.extension.pk
    is_shared = conversation.ring_group_id is not None or bool(conversation.shared_with)
    is_admin = request.role >= Role.ADMIN
    may_act = request.viewed is None
    actor = Actor(user=request.user, role=request.role, desk=own)
    return Handling(
        state=f"{conversation.extension_id or 0}-{int(conversation.done_at is not None)}",
        handler=(handler.name or f"ext. {handler.number}") if handler else "",
        handler_key=conversation.extension_id or "",
        group=conversation.ring_group.name if conversation.ring_group else "",
        is_admin=is_admin,
        is_mine=is_mine,
        is_done=conversation.done_at is not None,
        is_shown=is_shared or handler is None or is_admin,
        may_act=may_act,
        may_take=may_act and own is not None and not is_mine,
        may_pass_on=may_act and (is_admin or (is_shared and may_transfer(conversation, actor))),
    )
