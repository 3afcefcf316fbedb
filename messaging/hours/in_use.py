"""Which hours are the company's, and what stands in the way of deleting some."""

from __future__ import annotations

from django.db.models import Value

from messaging.models import BusinessHours
from tenants import audit


def make_default(hours: BusinessHours) -> None:
    """Take the company's hours from the others; the caller saves, in the same transaction."""
    audit.change(
        BusinessHours.objects.filter(is_default=True).exclude(pk=hours.pk or 0), is_default=False
    )


def who_uses(hours: BusinessHours) -> str:
    """Return why the hours cannot be deleted, or "" when they can."""
    inbound, outbound, replies = (
        rows.order_by().annotate(what=Value(kind)).values_list("what", "name")
        for rows, kind in (
            (hours.inbound_rules, "inbound rule"),
            (hours.outbound_rules, "outbound rule"),
            (hours.auto_replies, "auto-reply"),
        )
    )
    found = inbound.union(outbound, replies)[:1]
    for kind, name in found:
        return f"The {kind} “{name}” goes by “{hours}”: give it other hours first."
    return ""
