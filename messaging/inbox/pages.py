"""Reading: the list, a thread, and the parts of both that are fetched again."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from messaging.inbox.frame import InboxRequest, events_url, inbox_view, shell
from messaging.inbox.listing import listing, search_of
from messaging.inbox.opened import find, opened

_THREAD_PATH = re.compile(r"/inbox/(\d{1,18})/\Z")


@require_safe
@inbox_view
def index(request: InboxRequest) -> HttpResponseBase:
    """Show the list, and no thread yet."""
    found = listing(request, search_of(request.GET, request.role))
    return shell(request, "inbox/index.html", {"listing": found})


@require_safe
@inbox_view
def rows(request: InboxRequest) -> HttpResponseBase:
    """Give the list's rows alone."""
    search = search_of(request.GET, request.role)
    found = listing(request, search, current=_current(request))
    return render(request, "inbox/rows.html", {"listing": found})


@require_safe
@inbox_view
def thread(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Show a thread beside the list, or alone into a page that has the list already."""
    conversation = find(request, conversation_id)
    context = opened(request, conversation, is_seen=True)
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "inbox/thread.html", context)
    # After the thread: what has just been read no longer counts as unread.
    search = search_of(request.GET, request.role)
    found = listing(request, search, current=conversation.pk)
    return shell(request, "inbox/index.html", {**context, "listing": found})


@require_safe
@inbox_view
def messages(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Give a thread's messages alone; `seen` says that the person is looking."""
    conversation = find(request, conversation_id)
    context = opened(request, conversation, is_seen="seen" in request.GET)
    return render(request, "inbox/messages.html", context)


@require_safe
@inbox_view
def events(request: InboxRequest) -> HttpResponseBase:
    """Give a fresh address for live hints, after the page's own has run out."""
    return HttpResponse(events_url(request), content_type="text/plain; charset=utf-8")


def _current(request: InboxRequest) -> int | None:
    path = urlsplit(request.htmx.current_url or "").path
    match = _THREAD_PATH.search(path)
    return int(match[1]) if match else None
