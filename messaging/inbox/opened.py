"""The conversation a person has open: finding it, reading it, and whether it can be answered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404

from messaging import visibility
from messaging.inbox import bubbles, words
from messaging.inbox.bubbles import Window
from messaging.inbox.cursor import message_place
from messaging.inbox.frame import InboxRequest, visible
from messaging.inbox.people import AddressBook, address_book, opt_outs
from messaging.models import Conversation
from messaging.outbound.clearance import check_messaging
from messaging.outbound.refusals import SendRefused
from messaging.outbound.senders import pick_line


def find(request: InboxRequest, conversation_id: int) -> Conversation:
    """Return a conversation the person may see.

    Raises Http404, also for those of others: their existence is nobody's business.
    """
    counted = visibility.with_unread_count(visible(request), request.reader)
    found = counted.filter(pk=conversation_id).first()
    if found is None:
        raise Http404
    return found


def opened(
    request: InboxRequest, conversation: Conversation, *, is_seen: bool, **more: Any
) -> dict[str, Any]:
    """Build what a thread's templates need; `is_seen` moves the person's read mark."""
    tenant = request.tenant
    book = address_book([conversation], tenant)
    thread = bubbles.thread(conversation, window_of(request), book, tenant, request.user)
    unread: int = getattr(conversation, "unread_count", 0)
    if is_seen and unread and thread.newest and not request.viewed:
        # Up to what is on the page: a text that arrives this moment stays unread.
        visibility.mark_read(conversation, request.user, until=thread.newest.created_at)
    people = [
        {"number": number, "shown": book.number(number), "name": book.names.get(number, "")}
        for number in conversation.participants
    ]
    return {
        "conversation": conversation,
        "title": book.title(conversation),
        "initial": book.initial(conversation),
        "people": people,
        "is_group": len(people) > 1,
        "our_number": book.number(conversation.our_number),
        "thread": thread,
        "obstacle": obstacle(request, conversation, book),
        **more,
    }


def window_of(request: InboxRequest) -> Window:
    """Read which part of a thread is asked for; what makes no sense means the newest."""
    params = request.GET
    try:
        at = UUID(params.get("at", ""))
    except ValueError:
        at = None
    return Window(
        at=at,
        before=message_place(params.get("before", "")),
        after=message_place(params.get("after", "")),
    )


def obstacle(request: InboxRequest, conversation: Conversation, book: AddressBook) -> str:
    """Say why this conversation cannot be answered; "" when it can."""
    if request.viewed:
        return f"You are looking at the inbox of {request.viewed}. Stop viewing to answer yourself."
    refused = opt_outs([conversation]).of(conversation)
    if refused:
        number, source = next(iter(refused.items()))
        return words.opted_out(book.name(number), source)
    ours = conversation.our_number
    try:
        check_messaging(request.tenant)
        pick_line(request.user, request.role, request.tenant, ours)
    except SendRefused as refusal:
        return f"You can't answer from {book.number(ours)}. {refusal.text}"
    return ""
