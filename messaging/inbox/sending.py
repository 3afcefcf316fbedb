"""Answering in a thread: send, and try again."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from messaging.inbox.files import chosen, form_key, unsent
from messaging.inbox.frame import InboxRequest, inbox_view, refusal_part, shell
from messaging.inbox.opened import find, opened
from messaging.inbox.schedule import chosen_time, read_time
from messaging.models import Conversation, Message
from messaging.outbound.individually import send_individually
from messaging.outbound.refusals import SendRefused
from messaging.outbound.send import retry_message, send_message
from messaging.outbound.senders import pick_line


@require_POST
@inbox_view
def send(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Send an answer from the number that was texted, to everybody in the thread or to each."""
    conversation = find(request, conversation_id)
    is_apart = "individually" in request.POST and len(conversation.participants) > 1
    answer = send_individually if is_apart else send_message
    try:
        answer(
            user=request.user,
            role=request.role,
            tenant=request.tenant,
            sender=conversation.our_number,
            recipients=conversation.participants,
            text=request.POST.get("text", ""),
            attachment_ids=chosen(request),
            scheduled_at=read_time(request.POST.get("send_at", "")),
            ignore_quiet_hours="ignore_quiet_hours" in request.POST,
            key=form_key(request),
        )
    except SendRefused as refusal:
        return _refused(request, conversation, refusal.text)
    response = _messages(request, conversation)
    # The page empties the composer; a draft typed meanwhile stays.
    sent = {"key": str(uuid4())}
    if is_apart:
        people = len(conversation.participants)
        sent["words"] = f"Sent to {people} people, each in a conversation of their own."
    response["HX-Trigger"] = json.dumps({"inbox:sent": sent})
    return response


@require_POST
@inbox_view
def retry(request: InboxRequest, conversation_id: int, message_id: UUID) -> HttpResponseBase:
    """Send a message that failed, or may have, once more."""
    conversation = find(request, conversation_id)
    message = get_object_or_404(
        conversation.messages, pk=message_id, direction=Message.Direction.OUT
    )
    try:
        pick_line(request.user, request.role, request.tenant, conversation.our_number)
        retry_message(message, anyway="anyway" in request.POST)
    except SendRefused as refusal:
        return _refused(request, conversation, refusal.text)
    return _messages(request, conversation)


def _messages(request: InboxRequest, conversation: Conversation) -> HttpResponseBase:
    if not request.htmx:
        return redirect("inbox:thread", conversation.pk)
    context = opened(request, conversation, is_seen=True)
    return render(request, "inbox/messages.html", context)


def _refused(request: InboxRequest, conversation: Conversation, text: str) -> HttpResponseBase:
    if request.htmx:
        return refusal_part(request, text)
    draft = {
        "refusal": text,
        "individually": "individually" in request.POST,
        "draft": request.POST.get("text", ""),
        "attached": unsent(request),
        "later": chosen_time(request),
    }
    context = opened(request, conversation, is_seen=True, with_list=True, **draft)
    return shell(request, "inbox/index.html", context, status=422)
