"""What became of a broadcast, as pages and as a file."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from messaging.admin.badges import badge, broadcast_badge, message_badge
from messaging.admin.base import ScreenRequest, national
from messaging.broadcasts import results
from messaging.models import Broadcast, BroadcastRecipient, Message

_PAGE = 50
_SKIPPED = BroadcastRecipient.State.SKIPPED
_ONLY: dict[str, str] = {
    "": "All",
    "delivered": "Delivered",
    "failed": "Failed",
    "skipped": "Skipped",
    "pending": "Waiting",
}


def progress_of(broadcast: Broadcast) -> dict[str, Any]:
    """Figures of a broadcast that was started."""
    return {
        "broadcast": broadcast,
        "badge": broadcast_badge(broadcast.state),
        "counts": results.counts(broadcast),
        "skipped_for": results.skipped_for(broadcast),
        "is_running": broadcast.state == Broadcast.State.RUNNING,
    }


def results_page(screen: Any, request: ScreenRequest, broadcast: Broadcast) -> HttpResponse:
    """Show the recipients, fifty at a time."""
    only = request.GET.get("only", "")
    only = only if only in _ONLY else ""
    people = _narrowed(broadcast, only).select_related("contact").order_by("pk")
    page = Paginator(people, _PAGE).get_page(request.GET.get("page"))
    rows = [_row(result) for result in results.results(list(page.object_list))]
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Recipients of “{broadcast.name}”",
        "opts": screen.opts,
        "media": screen.media,
        "broadcast": broadcast,
        "rows": rows,
        "page": page,
        "only": only,
        "choices": list(_ONLY.items()),
    }
    return TemplateResponse(request, "admin/messaging/broadcast_recipients.html", context)


def results_sheet(request: ScreenRequest, broadcast: Broadcast) -> HttpResponseBase:
    """Give out all recipients with their results."""
    response = StreamingHttpResponse(results.sheet(broadcast, request.tenant))
    name = f"broadcast-{timezone.localdate():%Y-%m-%d}.csv"
    response["Content-Type"] = "text/csv; charset=utf-8"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _narrowed(broadcast: Broadcast, only: str) -> QuerySet[BroadcastRecipient]:
    people = broadcast.recipients.all()
    if only == "skipped":
        return people.filter(state=_SKIPPED)
    if only == "pending":
        return people.filter(state=BroadcastRecipient.State.PENDING)
    if only:
        fate = Message.objects.filter(broadcast=broadcast, status=only)
        return people.filter(message_id__in=fate.values("pk"))
    return people


def _row(result: results.Result) -> dict[str, Any]:
    person = result.person
    if result.message is not None:
        mark = message_badge(result.message.status)
    elif person.state == _SKIPPED:
        mark = badge("block", "still", result.label)
    else:
        mark = badge("schedule", "waits", result.label)
    name = person.contact.name if person.contact else person.fields.get("name", "")
    return {
        "number": national(person.number),
        "name": name,
        "badge": mark,
        "reason": result.reason,
        "message": result.message,
    }
