"""Reading: the list, a thread, and the parts of both that are fetched again."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from messaging import visibility
from messaging.inbox.frame import InboxRequest, events_url, inbox_view, shell
from messaging.inbox.listing import listing, search_of
from messaging.inbox.opened import find, opened
from messaging.models import Extension
from tenants.models import PhoneNumber
from tenants.numbers import for_people
from tenants.roles import Role

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
    is_part = request.htmx and not request.htmx.history_restore_request
    context = opened(request, conversation, is_seen=True, with_list=not is_part)
    if is_part:
        return render(request, "inbox/thread.html", context)
    return shell(request, "inbox/index.html", context)


@require_safe
@inbox_view
def messages(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Give a thread's messages alone; `seen` says that the person is looking."""
    conversation = find(request, conversation_id)
    context = opened(request, conversation, is_seen="seen" in request.GET)
    return render(request, "inbox/messages.html", context)


@require_POST
@inbox_view
def unread(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Make a message and all later ones unread for the person, and close the thread."""
    conversation = find(request, conversation_id)
    if request.viewed:
        raise PermissionDenied
    wanted = request.POST.get("message", "")
    since = get_object_or_404(conversation.messages, pk=_id(wanted)) if wanted else None
    visibility.mark_unread(conversation, request.user, since=since)
    if not request.htmx:
        return redirect("inbox:index")
    response = render(request, "inbox/nothing.html")
    response["HX-Push-Url"] = reverse("inbox:index")
    return response


@require_safe
@inbox_view
def filters(request: InboxRequest) -> HttpResponseBase:
    """Give what admins may narrow the list by, and whose inbox they may look at."""
    if request.role < Role.ADMIN:
        raise Http404
    country = request.tenant.country
    numbers = PhoneNumber.objects.filter(tenant=request.tenant).order_by("number")
    context = {
        "search": search_of(request.GET, request.role),
        "extensions": Extension.objects.all(),
        "numbers": [
            (number, for_people(number, country=country))
            for number in numbers.values_list("number", flat=True)
        ],
    }
    return render(request, "inbox/filters.html", context)


@require_safe
@inbox_view
def events(request: InboxRequest) -> HttpResponseBase:
    """Give a fresh address for live hints, after the page's own has run out."""
    return HttpResponse(events_url(request), content_type="text/plain; charset=utf-8")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def _current(request: InboxRequest) -> int | None:
    path = urlsplit(request.htmx.current_url or "").path
    match = _THREAD_PATH.search(path)
    return int(match[1]) if match else None
