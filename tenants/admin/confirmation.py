"""The question before an action on many rows."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

_COUNTED = 10_000


def ask_first(
    screen: Any, request: HttpRequest, rows: QuerySet[Any], *, title: str, text: str, button: str
) -> HttpResponse | None:
    """Return the page that asks, with the choice in it; None once the person has said yes."""
    if "confirmed" in request.POST:
        return None
    count = rows.order_by()[: _COUNTED + 1].count()
    context = {
        **screen.admin_site.each_context(request),
        "opts": screen.opts,
        "title": title,
        "text": text,
        "button": button,
        "count": min(count, _COUNTED),
        "more": count > _COUNTED,
        "samples": list(rows[:10]),
        "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "checkbox": ACTION_CHECKBOX_NAME,
        "action": request.POST.get("action", ""),
        "across": request.POST.get("select_across", "0"),
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "system/confirm.html", context)
