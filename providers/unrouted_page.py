"""The page of unrouted texts: whose number is it, give it to somebody, replay."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from providers.models import WebhookEvent
from providers.replay import discard, replay
from providers.unrouted import MOST, UnroutedNumber, unrouted_numbers
from tenants.numbers import for_people
from tenants.sites import system_site


def page(request: HttpRequest) -> HttpResponse:
    """List the numbers with their events; a post replays or discards those of one number."""
    if request.method == "POST":
        _act(request)
        return redirect("admin:providers_unrouted")
    groups = unrouted_numbers()
    context = {
        **system_site.each_context(request),
        "title": "Unrouted texts",
        "groups": [_shown(group) for group in groups],
        "total": sum(len(group.events) for group in groups),
        "most": MOST,
    }
    return TemplateResponse(request, "system/unrouted.html", context)


def _act(request: HttpRequest) -> None:
    keys = [int(key) for key in request.POST.get("events", "").split(",") if _is_id(key)][:MOST]
    # Those that were routed or put aside since the page was read stay as they are.
    events = WebhookEvent.objects.filter(pk__in=keys, state=WebhookEvent.State.UNROUTED)
    if "replay" in request.POST:
        messages.success(request, f"Events put back into the queue: {replay(events):,}.")
    elif "discard" in request.POST:
        messages.success(
            request, f"Events discarded: {discard(events):,}. They stay in the webhook log."
        )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _shown(group: UnroutedNumber) -> dict[str, Any]:
    query = urlencode({"numbers": group.number})
    known = group.known
    return {
        "number": for_people(group.number, country="") if group.number else "",
        "owner": known.tenant if known else None,
        "is_free": bool(known and known.tenant is None),
        "trunk": known.trunk_id if known else None,
        "allot_url": f"{reverse('admin:tenants_phonenumber_allot')}?{query}"
        + (f"&trunk={known.trunk_id}" if known else ""),
        "count": len(group.events),
        "newest": group.newest,
        "oldest": group.oldest,
        "events": group.events[:10],
        "keys": ",".join(str(event.pk) for event in group.events),
    }


urlpatterns = [path("unrouted/", system_site.admin_view(page), name="providers_unrouted")]
