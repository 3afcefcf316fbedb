"""A new message to somebody, from a number the person may use."""

from __future__ import annotations

import re

from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from messaging import outbound, senders
from messaging.inbox.files import chosen, unsent
from messaging.inbox.frame import InboxRequest, inbox_view, shell
from messaging.inbox.listing import listing, search_of
from messaging.models import Contact
from messaging.refusals import SendRefused

_BETWEEN = re.compile(r"[,;\n]")


@require_http_methods(["GET", "HEAD", "POST"])
@inbox_view
def new(request: InboxRequest) -> HttpResponseBase:
    """Show the form of a new message, or send it and go to its thread."""
    if request.method != "POST":
        return _form(request, to=request.GET.get("to", ""))
    to, text = request.POST.get("to", ""), request.POST.get("text", "")
    try:
        message = outbound.send_message(
            user=request.user,
            role=request.role,
            tenant=request.tenant,
            sender=request.POST.get("from", ""),
            recipients=_recipients(to),
            text=text,
            attachment_ids=chosen(request),
        )
    except SendRefused as refusal:
        return _form(request, to=to, text=text, refusal=refusal.text)
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


def _form(request: InboxRequest, *, to: str, text: str = "", refusal: str = "") -> HttpResponseBase:
    context = {
        "is_new": True,
        "senders": senders.allowed_senders(request.user, request.role, request.tenant),
        "chosen_sender": request.POST.get("from", ""),
        "to": to,
        "draft": text,
        "refusal": refusal,
        "attached": unsent(request),
        "listing": listing(request, search_of(request.GET, request.role)),
    }
    return shell(request, "inbox/index.html", context, status=422 if refusal else 200)
