"""Content help beside the composer, while somebody writes."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST

from messaging.content.advice import advise
from messaging.content.situation import kind_of_text, sender_name
from messaging.inbox.frame import InboxRequest, inbox_view, visible
from messaging.inbox.recipients import address
from messaging.outbound.compose import normal

_MOST = 10_000


@require_POST
@inbox_view
def advice(request: InboxRequest) -> HttpResponseBase:
    """Say what could be better about the text that is being written; nothing blocks."""
    text = normal(request.POST.get("text", ""))[:_MOST]
    individually = "individually" in request.POST
    ours, others = _parties(request)
    is_mms = "media" in request.POST or (len(others) > 1 and not individually)
    found = advise(
        text,
        sender_name=sender_name(request.tenant),
        kind=kind_of_text(ours, others, individually=individually),
        is_mms=is_mms,
    )
    return render(request, "inbox/advice.html", {"advice": found})


def _parties(request: InboxRequest) -> tuple[str, list[str]]:
    key = request.POST.get("conversation", "")
    if key.isdecimal() and len(key) < 19:
        conversation = visible(request).filter(pk=int(key)).first()
        if conversation is not None:
            return conversation.our_number, conversation.participants
    people = address(request.POST.getlist("to")[:200], request.tenant)
    return request.POST.get("from", ""), people.numbers
