"""A new message to somebody, from a number the person may use."""

from __future__ import annotations

import re

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from messaging.inbox.files import chosen, unsent
from messaging.inbox.frame import InboxRequest, inbox_view, refusal_part, shell
from messaging.inbox.listing import listing, search_of
from messaging.models import Contact
from messaging.outbound.lines import Line
from messaging.outbound.refusals import SendRefused
from messaging.outbound.send import send_message
from messaging.outbound.senders import allowed_senders
from tenants.numbers import for_people

_BETWEEN = re.compile(r"[,;\n]")


@require_http_methods(["GET", "HEAD", "POST"])
@inbox_view
def new(request: InboxRequest) -> HttpResponseBase:
    """Show the form of a new message, or send it and go to its thread."""
    if request.method != "POST":
        return _form(request, to=request.GET.get("to", ""))
    to, text = request.POST.get("to", ""), request.POST.get("text", "")
    try:
        message = send_message(
            user=request.user,
            role=request.role,
            tenant=request.tenant,
            sender=request.POST.get("from", ""),
            recipients=_recipients(to),
            text=text,
            attachment_ids=chosen(request),
        )
    except SendRefused as refusal:
        if request.htmx:
            return refusal_part(request, refusal.text)
        return _form(request, to=to, text=text, refusal=refusal.text)
    if request.htmx:
        address = reverse("inbox:thread", args=[message.conversation_id])
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect("inbox:thread", message.conversation_id)


def _recipients(typed: str) -> list[str]:
    """Split what was typed and put numbers for contacts' names."""
    parts = [part.strip() for part in _BETWEEN.split(typed) if part.strip()]
    return [_number(part) for part in parts]


def _number(part: str) -> str:
    if re.search(r"\d{3}", part):
        return part
    contact = Contact.objects.filter(name__iexact=part).first()
    return contact.number if contact else part


def _label(line: Line, country: str) -> str:
    number = for_people(line.number, country=country)
    return number if line.label in (line.number, number) else f"{number} · {line.label}"


def _form(request: InboxRequest, *, to: str, text: str = "", refusal: str = "") -> HttpResponseBase:
    tenant = request.tenant
    context = {
        "is_new": True,
        "senders": [
            (line.number, _label(line, tenant.country))
            for line in allowed_senders(request.user, request.role, tenant)
        ],
        "chosen_sender": request.POST.get("from", ""),
        "to": to,
        "draft": text,
        "refusal": refusal,
        "attached": unsent(request),
        "listing": listing(request, search_of(request.GET, request.role)),
    }
    return shell(request, "inbox/index.html", context, status=422 if refusal else 200)
