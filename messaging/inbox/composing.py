"""A new message to somebody, from a number the person may use."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from messaging import visibility
from messaging.conversations import participants_key
from messaging.inbox.files import chosen, form_key, unsent
from messaging.inbox.frame import InboxRequest, inbox_view, refusal_part, shell
from messaging.inbox.listing import listing, search_of
from messaging.inbox.recipients import Addressed, address, words
from messaging.inbox.schedule import chosen_time, read_time
from messaging.models import Conversation
from messaging.outbound.individually import send_individually
from messaging.outbound.lines import Line
from messaging.outbound.refusals import Refusal, SendRefused
from messaging.outbound.send import send_message
from messaging.outbound.senders import allowed_senders
from tenants.numbers import for_people


@require_http_methods(["GET", "HEAD", "POST"])
@inbox_view
def new(request: InboxRequest) -> HttpResponseBase:
    """Show the form of a new message, or send it and go to its thread."""
    if request.method != "POST":
        # The page has it judged at once, with the rules; here it would cost as much as the list.
        return _form(request, Addressed(people=[], rest=", ".join(request.GET.getlist("to"))))
    addressed = address(request.POST.getlist("to"), request.tenant)
    try:
        conversation_id = _send(request, addressed)
    except SendRefused as refusal:
        if request.htmx:
            return refusal_part(request, refusal.text)
        return _form(request, addressed, refusal=refusal.text)
    if conversation_id is None:
        address_after = reverse("inbox:index")
    else:
        address_after = reverse("inbox:thread", args=[conversation_id])
    if request.htmx:
        return HttpResponse(
            status=204, headers={"HX-Redirect": address_after, "HX-Trigger": "inbox:sent"}
        )
    return redirect(address_after)


def _send(request: InboxRequest, addressed: Addressed) -> int | None:
    """Send, and return the thread to go to; None = they are several."""
    if addressed.problem:
        raise SendRefused(Refusal.INVALID_RECIPIENT, addressed.problem)
    asked: dict[str, Any] = {
        "user": request.user,
        "role": request.role,
        "tenant": request.tenant,
        "sender": request.POST.get("from", ""),
        "recipients": addressed.numbers,
        "text": request.POST.get("text", ""),
        "attachment_ids": chosen(request),
        "scheduled_at": read_time(request.POST.get("send_at", "")),
        "ignore_quiet_hours": "ignore_quiet_hours" in request.POST,
        "key": form_key(request),
    }
    if "individually" in request.POST and len(addressed.people) > 1:
        send_individually(**asked)
        return None
    return send_message(**asked).conversation_id


@require_POST
@inbox_view
def recipients(request: InboxRequest) -> HttpResponseBase:
    """Judge the To field as it is filled in."""
    addressed = address(request.POST.getlist("to"), request.tenant)
    context = _addressed(request, addressed, sender=request.POST.get("from", ""))
    return render(request, "inbox/recipients.html", context)


def _addressed(request: InboxRequest, addressed: Addressed, *, sender: str) -> dict[str, Any]:
    if request.method != "POST":
        return {"addressed": addressed, "sender": sender}
    individually = "individually" in request.POST
    return {
        "addressed": addressed,
        "individually": individually,
        "words": words(addressed, sender=sender, individually=individually),
        "known": _known(request, addressed, sender) if addressed.people else None,
        "sender": sender,
    }


def _known(request: InboxRequest, addressed: Addressed, sender: str) -> Conversation | None:
    """Find the thread the message would go to."""
    visible = visibility.visible_conversations(request.user, request.role, request.tenant)
    key = participants_key(addressed.numbers)
    return visible.filter(our_number=sender, participants_key=key).first()


def _label(line: Line, country: str) -> str:
    number = for_people(line.number, country=country)
    return number if line.label in ("", line.number, number) else f"{line.label} · {number}"


def _form(request: InboxRequest, addressed: Addressed, *, refusal: str = "") -> HttpResponseBase:
    tenant = request.tenant
    senders = [
        (line.number, _label(line, tenant.country))
        for line in allowed_senders(request.user, request.role, tenant)
    ]
    sender = request.POST.get("from") or request.GET.get("from", "")
    if sender not in dict(senders):
        sender = senders[0][0] if senders else ""
    context = {
        "is_new": True,
        "senders": senders,
        "draft": request.POST.get("text", ""),
        "refusal": refusal,
        "attached": unsent(request),
        "later": chosen_time(request),
        **_addressed(request, addressed, sender=sender),
        "listing": listing(request, search_of(request.GET, request.role)),
    }
    return shell(request, "inbox/index.html", context, status=422 if refusal else 200)
