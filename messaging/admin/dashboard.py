"""The dashboard: what is left to set up, and how the last days went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from messaging.admin.base import ScreenRequest, national
from messaging.admin.charts import charts
from messaging.admin.setup_steps import setup_steps
from messaging.figures import Busy, Fault, Figures, figures
from tenants.links import tenant_path

SPANS = (7, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One figure, and the messages it counts."""

    title: str
    value: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a small table, and the messages behind it."""

    title: str
    code: str = ""
    count: int = 0
    url: str


def context(request: ScreenRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the set-up list, while something is left of it, and the figures."""
    steps = setup_steps(request.tenant)
    done = sum(step.done for step in steps)
    days = _span(request)
    shown = figures(request.tenant, days)
    return {
        **context,
        "title": "Dashboard",
        "steps": [] if done == len(steps) else steps,
        "steps_done": done,
        "steps_percent": round(100 * done / len(steps)),
        "span": days,
        "spans": SPANS,
        "shown": shown,
        "cards": _cards(shown),
        "charts": charts(shown.days),
        "faults": [_fault(fault, shown) for fault in shown.faults],
        "numbers": [_number(number, shown) for number in shown.numbers],
        "inbox_url": tenant_path(request.tenant, "inbox/"),
        "has_number": any(step.done for step in steps if step.title == "Switch on a phone number"),
    }


def _span(request: ScreenRequest) -> int:
    asked = request.GET.get("days", "")
    return next((span for span in SPANS if str(span) == asked), SPANS[0])


def _cards(shown: Figures) -> list[Card]:
    percent = shown.delivered_percent
    return [
        Card(
            title="Received",
            value=f"{shown.total('received'):,}",
            url=_log(shown, direction="in"),
        ),
        Card(title="Sent", value=f"{shown.total('sent'):,}", url=_log(shown, direction="out")),
        Card(
            title="Delivered",
            value="-" if percent is None else f"{percent} %",
            url=_log(shown, status="delivered"),
        ),
        Card(title="Failed", value=f"{shown.total('failed'):,}", url=_log(shown, status="failed")),
        Card(
            title="Segments sent",
            value=f"{shown.total('segments'):,}",
            url=_log(shown, direction="out"),
        ),
    ]


def _fault(fault: Fault, shown: Figures) -> Row:
    named = {"error_code": fault.code, "reason": fault.reason}
    filters = {name: value for name, value in named.items() if value}
    return Row(
        title=fault.words,
        code=fault.code or "-",
        count=fault.count,
        url=_log(shown, status="failed", **filters),
    )


def _number(number: Busy, shown: Figures) -> Row:
    return Row(
        title=national(number.number),
        count=number.conversations,
        url=_log(shown, our_number=number.number),
    )


def _log(shown: Figures, **filters: str) -> str:
    query = urlencode({**filters, "from": shown.days[0].day.isoformat()})
    return f"{reverse('admin:messaging_message_changelist')}?{query}"
