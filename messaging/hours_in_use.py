"""Which hours are the company's, and what stands in the way of deleting some."""

from __future__ import annotations

from messaging.models import BusinessHours
from tenants import audit


def make_default(hours: BusinessHours) -> None:
    """Take the company's hours from the others; the caller saves, in the same transaction."""
    audit.change(
        BusinessHours.objects.filter(is_default=True).exclude(pk=hours.pk or 0), is_default=False
    )


def who_uses(hours: BusinessHours) -> str:
    """Return why the hours cannot be deleted, or "" when they can."""
    user = hours.inbound_rules.first() or hours.outbound_rules.first()
    kind = "rule"
    if user is None:
        user, kind = hours.auto_replies.first(), "auto-reply"
    return f"The {kind} “{user}” goes by “{hours}”: give it other hours first." if user else ""
