"""Send later: choosing a time, and changing what waits for one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from messaging.inbox.frame import InboxRequest, inbox_view, refusal_part
from messaging.inbox.moments import Moment, moment, presets
from messaging.inbox.opened import find, opened
from messaging.models import Conversation, Message
from messaging.models.message import Status
from messaging.outbound.refusals import Refusal, SendRefused
from messaging.outbound.schedule import (
    cancel_scheduled,
    due_at,
    edit_scheduled,
    send_scheduled_now,
)
from messaging.outbound.send import cancel_message


def read_time(typed: str) -> datetime | None:
    """Read a time of the tenant's zone; "" = now.

    Raises SendRefused.
    """
    text = typed.strip()
    if not text:
        return None
    try:
        # Browsers add seconds when there are any.
        return timezone.make_aware(datetime.fromisoformat(text[:16]))
    except (ValueError, OverflowError) as error:
        raise SendRefused(
            Refusal.INVALID_TIME, "Choose a date and a time to send it at."
        ) from error


def chosen_time(request: InboxRequest) -> Moment | None:
    """Show again the time that came with a message that was refused."""
    try:
        at = read_time(request.POST.get("send_at", ""))
    except SendRefused:
        return None
    return moment(at, request.tenant.country) if at else None


@require_safe
@inbox_view
def later(request: InboxRequest) -> HttpResponseBase:
    """Offer times, or take one: its chip goes beside the text."""
    country, now = request.tenant.country, timezone.now()
    if "at" not in request.GET:
        context: dict[str, Any] = {
            "presets": presets(now, country),
            "earliest": moment(now, country).value,
            "zone": timezone.get_current_timezone_name(),
        }
        return render(request, "inbox/later.html", context)
    try:
        at = read_time(request.GET["at"])
        if at is None or due_at(at, now=now) is None:
            raise SendRefused(Refusal.INVALID_TIME, "Choose a time that is still to come.")
    except SendRefused as refusal:
        return _in_sheet(request, refusal)
    context = {"later": moment(at, country)}
    return render(request, "inbox/later_chip.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@inbox_view
def change(request: InboxRequest, conversation_id: int, message_id: UUID) -> HttpResponseBase:
    """Show text and time of a scheduled message, or save them."""
    conversation = find(request, conversation_id)
    message = _find(conversation, message_id)
    if request.method == "POST":
        try:
            at = read_time(request.POST.get("send_at", ""))
            # The form knows minutes only: the one it was filled with means no change.
            same = at is not None and message.scheduled_at is not None
            if same and _minute(message.scheduled_at) == at:
                at = None
            edit_scheduled(
                message,
                user=request.user,
                role=request.role,
                tenant=request.tenant,
                text=request.POST.get("text"),
                scheduled_at=at,
            )
        except SendRefused as refusal:
            return _in_sheet(request, refusal)
        return _changed(request, conversation)
    if not request.htmx:
        return redirect("inbox:thread", conversation.pk)
    context = {
        "conversation": conversation,
        "message": message,
        "moment": moment(message.scheduled_at or timezone.now(), request.tenant.country),
        "earliest": moment(timezone.now(), request.tenant.country).value,
        "zone": timezone.get_current_timezone_name(),
        "is_late": message.status != Status.SCHEDULED,
    }
    return render(request, "inbox/scheduled_change.html", context)


@require_POST
@inbox_view
def send_now(request: InboxRequest, conversation_id: int, message_id: UUID) -> HttpResponseBase:
    """Send a scheduled message before its time, or in quiet hours that it waits out."""
    conversation = find(request, conversation_id)
    message = _find(conversation, message_id)
    try:
        send_scheduled_now(message, user=request.user, role=request.role, tenant=request.tenant)
    except SendRefused as refusal:
        return refusal_part(request, refusal.text)
    return _changed(request, conversation)


@require_POST
@inbox_view
def cancel(request: InboxRequest, conversation_id: int, message_id: UUID) -> HttpResponseBase:
    """Hold back a message that no carrier was asked to send yet."""
    conversation = find(request, conversation_id)
    message = _find(conversation, message_id)
    try:
        if message.status == Status.QUEUED:
            cancel_message(message)
        else:
            cancel_scheduled(message, user=request.user, role=request.role, tenant=request.tenant)
    except SendRefused as refusal:
        return refusal_part(request, refusal.text)
    return _changed(request, conversation)


def _find(conversation: Conversation, message_id: UUID) -> Message:
    outbound = Message.Direction.OUT
    return get_object_or_404(conversation.messages, pk=message_id, direction=outbound)


def _minute(at: datetime | None) -> datetime | None:
    return at.replace(second=0, microsecond=0) if at else None


def _changed(request: InboxRequest, conversation: Conversation) -> HttpResponseBase:
    if not request.htmx:
        return redirect("inbox:thread", conversation.pk)
    context = opened(request, conversation, is_seen=True)
    response = render(request, "inbox/messages.html", context)
    # Not before: what asked for it is in the sheet, and its swap is understood only there.
    response["HX-Trigger-After-Swap"] = "sheet:close"
    return response


def _in_sheet(request: InboxRequest, refusal: SendRefused) -> HttpResponse:
    response = refusal_part(request, refusal.text)
    response["HX-Retarget"] = "#sheet-refusal"
    return response
