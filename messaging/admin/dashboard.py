"""The dashboard: what is left to set up, and the last seven days in four figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from messaging.admin.base import ScreenRequest
from messaging.models import Message, MessageSetting, SmsConfiguration
from messaging.models.message import Status
from messaging.number_settings import platform_account_is_offered
from tenants.links import tenant_path
from tenants.models import Tenant, WebhookEndpoint

_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the set-up list."""

    title: str
    done: bool
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One card."""

    title: str
    value: str
    url: str


def context(request: ScreenRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the set-up list, while something is left of it, and the figures."""
    steps = _steps(request.tenant)
    done = sum(step.done for step in steps)
    return {
        **context,
        "title": "Dashboard",
        "steps": [] if done == len(steps) else steps,
        "steps_done": done,
        "steps_percent": round(100 * done / len(steps)),
        "figures": _figures(),
        "days": _DAYS,
        "inbox_url": tenant_path(request.tenant, "inbox/"),
    }


def _steps(tenant: Tenant) -> list[Step]:
    configurations = SmsConfiguration.objects.all()
    enabled = MessageSetting.objects.filter(enabled=True)
    # A tenant whose numbers all text through the platform's account has none of its own to set up.
    on_platform = (
        not configurations.exists()
        and enabled.filter(provider=None).exists()
        and platform_account_is_offered()
    )
    received = Message.objects.filter(direction=Message.Direction.IN).exists()
    called = WebhookEndpoint.objects.filter(tenant=tenant, last_event_at__isnull=False).exists()
    unassigned = enabled.filter(extension=None, email="").exists()
    accounts = reverse("admin:messaging_smsconfiguration_changelist")
    add_account = reverse("admin:messaging_smsconfiguration_add")
    settings = reverse("admin:messaging_messagesetting_changelist")
    passed = configurations.filter(test_result=SmsConfiguration.TestResult.PASSED).exists()
    rows = [
        ("Add your Bandwidth account", on_platform or configurations.exists(), add_account),
        ("Test the credentials", on_platform or passed, accounts),
        ("Paste the webhook URL into Bandwidth", on_platform or called or received, accounts),
        (
            "Switch on a phone number",
            enabled.exists(),
            reverse("admin:messaging_messagesetting_add"),
        ),
        (
            "Assign an extension to each number",
            enabled.exists() and not unassigned,
            f"{settings}?extension=none",
        ),
        ("Receive a first message", received, tenant_path(tenant, "inbox/")),
    ]
    return [Step(title=title, done=done, url=url) for title, done, url in rows]


def _figures() -> list[Figure]:
    out = Q(direction=Message.Direction.OUT)
    delivered, failed = Q(status=Status.DELIVERED), Q(status=Status.FAILED)
    sent = out & Q(status__in=[Status.SENT, Status.UNCONFIRMED, Status.DELIVERED])
    since = timezone.now() - timedelta(days=_DAYS)
    counts = Message.objects.filter(created_at__gte=since).aggregate(
        received=Count("pk", filter=Q(direction=Message.Direction.IN)),
        sent=Count("pk", filter=sent),
        delivered=Count("pk", filter=out & delivered),
        failed=Count("pk", filter=out & failed),
    )
    final = counts["delivered"] + counts["failed"]
    rate = f"{100 * counts['delivered'] / final:.0f} %" if final else "-"
    log = reverse("admin:messaging_message_changelist")
    return [
        Figure(title="Received", value=str(counts["received"]), url=f"{log}?direction__exact=in"),
        Figure(title="Sent", value=str(counts["sent"]), url=f"{log}?direction__exact=out"),
        Figure(title="Delivered", value=rate, url=f"{log}?status__exact=delivered"),
        Figure(title="Failed", value=str(counts["failed"]), url=f"{log}?status__exact=failed"),
    ]
