"""The system portal's first page: is the platform well, and which tenant is not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from config.health import queue_depths
from config.platform_figures import (
    DAYS,
    DaySum,
    TenantLine,
    events_in,
    free_numbers,
    last_days,
    tenant_lines,
    waiting_events,
)
from providers.models import WebhookEvent
from tenants.admin.labels import STATUS_COLOURS, manage_button, status_of
from tenants.models import Tenant

_TENANTS_SHOWN = 50
_LATE = 60  # seconds an event may be due before somebody should look
_RATE_DAYS = 7
# The legend in system.css has the same colours; each stands out on white and on dark.
_COLOURS = {"Received": "#3b82f6", "Sent": "#059669", "Failed": "#dc2626"}
_TICKS = "#7b8494"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One figure; `kind` bad or warn colours it."""

    label: str
    value: str
    note: str = ""
    link: str = ""
    kind: str = ""


def system_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the cards, the chart and the tenants to the page."""
    lines = tenant_lines()
    days = last_days()
    shown = lines[:_TENANTS_SHOWN]
    return {
        **context,
        "title": "Dashboard",
        "cards": [*_message_cards(lines, days), *_event_cards()],
        "counted": max((line.counted_at for line in lines if line.counted_at), default=None),
        "days": days,
        "chart": _chart(days),
        "chart_options": json.dumps(_CHART_OPTIONS),
        "chart_words": _chart_words(days),
        "tenants": shown,
        "tenants_table": {
            "headers": [
                "Name",
                "Status",
                "Numbers",
                "Last callback",
                "In today",
                "Out today",
                "Failed today",
                "Enter",
            ],
            "rows": [_row(line) for line in shown],
        },
        "tenants_total": len(lines),
    }


def age(seconds: float) -> str:
    """Tell a span of time in its largest unit."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(int(seconds), 0)} s"


def _message_cards(lines: Sequence[TenantLine], days: Sequence[DaySum]) -> list[Card]:
    tenants = reverse("admin:tenants_tenant_changelist")
    active = sum(line.tenant.is_open for line in lines)
    suspended = sum(status_of(line.tenant)[0] == "suspended" for line in lines)
    broken = sum(line.tenant.state == Tenant.State.FAILED for line in lines)
    failed = sum(line.failed for line in lines)
    segments = sum(line.segments for line in lines)
    given, free = sum(line.numbers for line in lines), free_numbers()
    recent = days[-_RATE_DAYS:]
    delivered = sum(day.delivered for day in recent)
    final = delivered + sum(day.failed for day in recent)
    return [
        Card(
            label="Active tenants",
            value=f"{active:,}",
            note=f"{broken} could not be set up" if broken else f"{suspended} suspended",
            link=tenants,
            kind="bad" if broken else "",
        ),
        Card(label="Received today", value=f"{sum(line.received for line in lines):,}"),
        Card(
            label="Sent today",
            value=f"{sum(line.sent for line in lines):,}",
            note=f"{segments:,} segments",
        ),
        Card(label="Failed today", value=f"{failed:,}", kind="bad" if failed else ""),
        Card(
            label="Delivery rate",
            value=f"{100 * delivered / final:.1f} %" if final else "-",
            note=f"of the last {_RATE_DAYS} days",
        ),
        Card(
            label="Phone numbers",
            value=f"{given + free:,}",
            note=f"{free:,} free",
            link=reverse("admin:tenants_phonenumber_changelist"),
        ),
    ]


def _event_cards() -> list[Card]:
    log = reverse("admin:providers_webhookevent_changelist")
    waiting = waiting_events()
    late = waiting.seconds is not None and waiting.seconds > _LATE
    failed = events_in(WebhookEvent.State.FAILED)
    unrouted = events_in(WebhookEvent.State.UNROUTED)
    return [
        Card(
            label="Oldest waiting",
            value="None" if waiting.seconds is None else age(waiting.seconds),
            note=f"{waiting.count:,} waiting",
            link=f"{log}?state__exact=pending",
            kind="bad" if late else "",
        ),
        Card(
            label="Failed events",
            value=failed,
            note="" if failed == "0" else "replay or discard them",
            link=f"{log}?state__exact=failed",
            kind="" if failed == "0" else "warn",
        ),
        Card(
            label="Unrouted texts",
            value=unrouted,
            note="for numbers nobody has",
            link=reverse("admin:providers_unrouted"),
            kind="" if unrouted == "0" else "warn",
        ),
        _queue_card(),
    ]


def _queue_card() -> Card:
    depths = queue_depths()
    if depths is None:
        return Card(label="Task queue", value="Not reachable", kind="bad")
    note = ", ".join(f"{name} {count:,}" for name, count in depths.items())
    return Card(label="Tasks in the queue", value=f"{sum(depths.values()):,}", note=note)


def _row(line: TenantLine) -> list[Any]:
    tenant = line.tenant
    link = reverse("admin:tenants_tenant_change", args=[tenant.pk])
    key, words = status_of(tenant)
    badge = {"text": words, "type": STATUS_COLOURS[key]}
    failed = format_html('<strong class="sy-bad">{}</strong>', line.failed) if line.failed else 0
    return [
        format_html('<a class="sy-link" href="{}">{}</a>', link, tenant.name),
        render_to_string("unfold/helpers/label.html", badge),
        line.numbers,
        _callback(line.last_callback, has_webhook=line.has_webhook),
        line.received,
        line.sent,
        failed,
        manage_button(tenant),
    ]


def _callback(at: datetime | None, *, has_webhook: bool) -> str:
    if at is None:
        return "Never" if has_webhook else "-"
    return f"{age((timezone.now() - at) / timedelta(seconds=1))} ago"


def _chart(days: Sequence[DaySum]) -> str:
    values = {
        "Received": [day.received for day in days],
        "Sent": [day.sent for day in days],
        "Failed": [day.failed for day in days],
    }
    return json.dumps(
        {
            "labels": [f"{day.day:%b} {day.day.day}" for day in days],
            "datasets": [
                {"label": label, "data": data, "backgroundColor": _COLOURS[label]}
                for label, data in values.items()
            ],
        }
    )


def _chart_words(days: Sequence[DaySum]) -> str:
    received, sent, failed = (
        sum(getattr(day, name) for day in days) for name in ("received", "sent", "failed")
    )
    return (
        f"Messages per day, last {DAYS} days: {received:,} received, {sent:,} sent,"
        f" {failed:,} failed. The same figures are in the table below."
    )


_CHART_OPTIONS = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "maxBarThickness": 14,
    "datasets": {"bar": {"borderRadius": 3, "minBarLength": 0}},
    "plugins": {"legend": {"display": False}, "tooltip": {"mode": "index", "intersect": False}},
    "scales": {
        # unfold sets the grid's colour by light or dark.
        "x": {
            "grid": {"display": False},
            "ticks": {"color": _TICKS, "autoSkip": True, "maxRotation": 0},
        },
        "y": {
            "beginAtZero": True,
            "suggestedMax": 5,
            "grid": {"lineWidth": 1},
            "border": {"display": False},
            "ticks": {"color": _TICKS, "precision": 0, "maxTicksLimit": 6},
        },
    },
}
