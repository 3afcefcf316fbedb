"""The conversation a person has open: finding it, reading it, and whether it can be answered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.http import Http404

from messaging import visibility
from messaging.inbox import asides, bubbles, cautions, words
from messaging.inbox.bubbles import Window
from messaging.inbox.cursor import message_place
from messaging.inbox.frame import InboxRequest, desk, visible
from messaging.inbox.heads import handling_of
from messaging.inbox.listing import find as find_rows
from messaging.inbox.listing import listed, search_of
from messaging.inbox.people import AddressBook, OptOuts, known_of
from messaging.models import Conversation, Message
from messaging.outbound.clearance import check_messaging
from messaging.outbound.refusals import SendRefused
from messaging.outbound.senders import check_answer


def find(request: InboxRequest, conversation_id: int, *, with_first: bool = False) -> Conversation:
    """Return a conversation the person may see, with `first_at` of its first message if asked.

    Raises Http404, also for those of others: their existence is nobody's business.
    """
    counted = visibility.with_unread_count(
        visible(request).select_related("ring_group"), request.reader
    )
    counted = visibility.with_mention(counted, desk(request), request.reader)
    counted = cautions.told_along(asides.told_apart(counted), request.tenant)
    if with_first:
        first = Message.objects.filter(conversation=OuterRef("pk")).order_by("created_at", "id")
        counted = counted.annotate(first_at=Subquery(first.values("created_at")[:1]))
    found = counted.filter(pk=conversation_id).first()
    if found is None:
        raise Http404
    return found


def opened(
    request: InboxRequest,
    conversation: Conversation,
    *,
    is_seen: bool,
    with_list: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """Build what a thread's templates need, the list beside it too when the page is whole.

    `is_seen` moves the person's read mark.
    """
    tenant = request.tenant
    part = bubbles.part(conversation, window_of(request))
    beside = asides.of(conversation, part, window_of(request))
    unread: int = getattr(conversation, "unread_count", 0)
    is_mentioned: bool = getattr(conversation, "is_mentioned", False)
    if is_seen and (unread or is_mentioned) and part.messages and not request.viewed:
        # Up to what is on the page: a text that arrives this moment stays unread.
        until = max([part.messages[-1].created_at, *(note.created_at for note in beside.notes)])
        visibility.mark_read(conversation, request.user, until=until)
    # After that: what has just been read no longer counts as unread in the list.
    found = find_rows(request, search_of(request.GET, request.role)) if with_list else None
    shown = [conversation, *(found.conversations if found else [])]
    book, refused = known_of(shown, tenant)
    if found:
        more["listing"] = listed(request, found, book, refused, current=conversation.pk)
    people = [
        {"number": number, "shown": book.number(number), "name": book.contact_name(number)}
        for number in conversation.participants
    ]
    shown_thread = bubbles.thread(part, conversation, book, tenant, request.user)
    return {
        "book": book,
        "refused": refused,
        "conversation": conversation,
        "title": book.title(conversation),
        "initial": book.initial(conversation),
        "people": people,
        "is_group": len(people) > 1,
        "our_number": book.number(conversation.our_number),
        "thread": shown_thread,
        "entries": asides.entries(part, shown_thread, beside, tenant, request.user),
        "handling": handling_of(request, conversation),
        "obstacle": obstacle(request, conversation, book, refused),
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


def obstacle(
    request: InboxRequest, conversation: Conversation, book: AddressBook, opted_out: OptOuts
) -> str:
    """Say why this conversation cannot be answered; "" when it can."""
    if request.viewed:
        return f"You are looking at the inbox of {request.viewed}. Stop viewing to answer yourself."
    refused = opted_out.of(conversation)
    if refused:
        number, row = next(iter(refused.items()))
        return words.opted_out(book.name(number), row.source)
    ours = conversation.our_number
    try:
        check_messaging(request.tenant)
        own = desk(request)
        extension = own.extension if own else None
        check_answer(
            extension,
            request.role,
            request.tenant,
            ours,
            is_handler=extension is not None and extension.pk == conversation.extension_id,
        )
    except SendRefused as refusal:
        return f"You can't answer from {book.number(ours)}. {refusal.text}"
    return ""
