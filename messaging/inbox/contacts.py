"""Names for the numbers one texts with."""

from __future__ import annotations

from django.db.models import Q
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from messaging.inbox.frame import InboxRequest, inbox_view
from messaging.inbox.opened import find, opened
from messaging.models import Contact
from tenants.numbers import for_people

_MOST = 20


@require_POST
@inbox_view
def rename(request: InboxRequest, conversation_id: int) -> HttpResponseBase:
    """Name a number of the thread; an empty name forgets it."""
    conversation = find(request, conversation_id)
    number = request.POST.get("number", "")
    if number not in conversation.participants:
        raise Http404
    name = " ".join(request.POST.get("name", "").replace("\x00", "").split())[:100]
    if name:
        Contact.objects.update_or_create(number=number, defaults={"name": name})
    else:
        Contact.objects.filter(number=number).delete()
    if request.htmx:
        context = opened(request, conversation, is_seen=True)
        return render(request, "inbox/thread.html", context)
    return redirect("inbox:thread", conversation.pk)


@require_safe
@inbox_view
def suggestions(request: InboxRequest) -> HttpResponseBase:
    """Suggest contacts for what was typed after the last comma."""
    typed = request.GET.get("to", "").replace("\x00", "")
    before, comma, last = typed.rpartition(",")
    last = last.strip()[:100]
    found = Contact.objects.none()
    if last:
        found = Contact.objects.filter(Q(name__icontains=last) | Q(number__contains=last))
    country = request.tenant.country
    options = [
        {"value": f"{before}{comma} {for_people(number, country=country)}".strip(), "name": name}
        for number, name in found.values_list("number", "name")[:_MOST]
    ]
    return render(request, "inbox/people.html", {"options": options})
