"""Notes beside a thread: writing one, and whom it may mention."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Value, When
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from messaging.handling.notes import add_note
from messaging.handling.people import sharers
from messaging.handling.refusals import HandlingRefused
from messaging.inbox.frame import InboxRequest, actor, inbox_view, shell
from messaging.inbox.opened import find, opened
from messaging.models import Extension

_MOST = 500


@require_POST
@inbox_view
def add(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Keep a note and show it among the messages."""
    who = actor(request)
    conversation = find(request, conversation_id)
    text = request.POST.get("note", "")
    try:
        add_note(conversation, who, text)
    except HandlingRefused as refusal:
        return _refused(request, conversation_id, refusal.text, text)
    if not request.htmx:
        return redirect("inbox:thread", conversation.pk)
    conversation.has_asides = True  # type: ignore[attr-defined]  # annotated before there was one
    response = render(request, "inbox/messages.html", opened(request, conversation, is_seen=True))
    response["HX-Trigger"] = "inbox:noted"
    return response


@require_safe
@inbox_view
def colleagues(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Give whom a note may mention, those who see the thread first."""
    conversation = find(request, conversation_id)
    actor(request)
    inside = [*sharers(conversation).values_list("pk", flat=True), conversation.extension_id]
    people = Extension.objects.annotate(
        is_guest=Case(
            When(pk__in=[key for key in inside if key], then=Value(0)),
            default=Value(1),
            output_field=IntegerField(),
        )
    ).order_by("is_guest", "number")[:_MOST]
    return render(request, "inbox/colleagues.html", {"people": people})


def _refused(request: InboxRequest, conversation_id: int, text: str, typed: str) -> HttpResponse:
    if request.htmx:
        response = render(request, "inbox/refusal.html", {"refusal": text}, status=422)
        response["HX-Retarget"], response["HX-Reswap"] = "#note-refusal", "innerHTML"
        return response
    conversation = find(request, conversation_id)
    more = {"note_refusal": text, "note": typed}
    context = opened(request, conversation, is_seen=True, with_list=True, **more)
    return shell(request, "inbox/index.html", context, status=422)
