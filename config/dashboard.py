"""Numbers on the system portal's first page."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from providers.models import WebhookEvent
from tenants.admin.labels import STATUS_COLOURS, manage_button, status_of
from tenants.models import PhoneNumber, Tenant

_TENANTS_SHOWN = 50


def system_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the cards and the tenants to the page."""
    tenants = Tenant.objects.annotate(
        members=Count("memberships", filter=Q(memberships__is_active=True), distinct=True),
        numbers=Count("phone_numbers", distinct=True),
    )
    shown = list(tenants[:_TENANTS_SHOWN])
    return {
        **context,
        "title": "Dashboard",
        "cards": _cards(),
        "tenants": shown,
        "tenants_table": {
            "headers": ["Name", "Status", "Members", "Numbers", ""],
            "rows": [_row(tenant) for tenant in shown],
        },
        "tenants_total": tenants.count(),
    }


def _row(tenant: Any) -> list[Any]:
    link = reverse("admin:tenants_tenant_change", args=[tenant.pk])
    key, words = status_of(tenant)
    badge = {"text": words, "type": STATUS_COLOURS[key]}
    return [
        format_html('<a class="font-medium" href="{}">{}</a>', link, tenant.name),
        render_to_string("unfold/helpers/label.html", badge),
        tenant.members,
        tenant.numbers,
        manage_button(tenant),
    ]


def _cards() -> list[dict[str, Any]]:
    log = reverse("admin:providers_webhookevent_changelist")
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    events = WebhookEvent.objects.filter(received_at__gte=today)
    by_state = dict(events.values_list("state").order_by().annotate(n=Count("pk")))
    waiting: QuerySet[WebhookEvent] = WebhookEvent.objects.filter(state=WebhookEvent.State.PENDING)
    return [
        {"label": "Events today", "value": sum(by_state.values()), "link": log},
        {"label": "Waiting", "value": waiting.count(), "link": f"{log}?state__exact=pending"},
        {
            "label": "Failed today",
            "value": by_state.get("failed", 0) + by_state.get("rejected", 0),
            "link": f"{log}?state__exact=failed",
        },
        {
            "label": "Unrouted today",
            "value": by_state.get("unrouted", 0),
            "link": f"{log}?state__exact=unrouted",
        },
        {
            "label": "Phone numbers",
            "value": PhoneNumber.objects.count(),
            "link": reverse("admin:tenants_phonenumber_changelist"),
        },
    ]
