"""Who has a thread: taking it, passing it on, and being done with it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from messaging.handling import actions
from messaging.handling.actions import Actor
from messaging.handling.people import sharers
from messaging.handling.refusals import HandlingRefused
from messaging.inbox.frame import InboxRequest, actor, inbox_view, shell
from messaging.inbox.opened import find, opened
from messaging.models import Conversation, Extension
from tenants.roles import Role

Action = Callable[[Conversation, Actor], None]


@require_safe
@inbox_view
def head(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Give what stands above a thread, after it changed hands."""
    return _head(request, find(request, conversation_id))


@require_safe
@inbox_view
def menu(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Give the people a thread can be passed on to."""
    conversation = find(request, conversation_id)
    actor(request)
    here = {"conversation": conversation, "is_admin": request.role >= Role.ADMIN}
    others = Extension.objects.all() if request.role >= Role.ADMIN else sharers(conversation)
    here["others"] = others.exclude(pk=conversation.extension_id or 0)
    return render(request, "inbox/passing_on.html", here)


@require_POST
@inbox_view
def take(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Make the person the thread's handler."""
    seen = request.POST.get("seen")

    def take_it(conversation: Conversation, who: Actor) -> None:
        was = conversation.extension_id if seen is None else _key(seen)
        actions.take(conversation, who, seen=was)

    return _act(request, conversation_id, take_it)


@require_POST
@inbox_view
def transfer(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Hand the thread to somebody who shares it."""
    to = get_object_or_404(Extension, number=_number(request))
    return _act(request, conversation_id, lambda thread, who: actions.transfer(thread, who, to))


@require_POST
@inbox_view
def assign(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Give the thread to any extension, or to nobody."""
    number = _number(request)
    to = get_object_or_404(Extension, number=number) if number else None
    return _act(request, conversation_id, lambda thread, who: actions.assign(thread, who, to))


@require_POST
@inbox_view
def done(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Take the thread off the list until its next text."""
    return _act(request, conversation_id, actions.done)


@require_POST
@inbox_view
def reopen(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Put the thread back on the list."""
    return _act(request, conversation_id, lambda thread, who: actions.reopen(thread, who.user))


def _act(request: InboxRequest, conversation_id: int, action: Action) -> HttpResponseBase:
    who = actor(request)
    conversation = find(request, conversation_id)
    refusal = ""
    try:
        action(conversation, who)
    except HandlingRefused as refused:
        refusal = refused.text
    if request.htmx:
        response = _head(request, conversation, refusal=refusal)
        # The list and the lines of the thread tell of it too.
        response["HX-Trigger"] = "inbox:handled"
        return response
    if not refusal:
        return redirect("inbox:thread", conversation.pk)
    more = {"head_refusal": refusal}
    context = opened(request, conversation, is_seen=True, with_list=True, **more)
    return shell(request, "inbox/index.html", context, status=422)


def _head(
    request: InboxRequest, conversation: Conversation, *, refusal: str = ""
) -> HttpResponseBase:
    context = opened(request, conversation, is_seen=False)
    return render(request, "inbox/head.html", {**context, "head_refusal": refusal})


def _key(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Http404
    return int(text)


def _number(request: InboxRequest) -> str:
    return request.POST.get("to", "").replace("\x00", "").strip()[:10]
