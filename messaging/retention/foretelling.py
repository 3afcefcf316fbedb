"""Telling people what is deleted by age, before it is."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.formats import date_format

from messaging.models import Attachment, Message
from tenants.models import Tenant

# "10,000 or more" is all that anybody wants to know.
_MOST = 10_000

_KINDS = (
    ("keep_messages_days", "Messages"),
    ("keep_media_days", "Pictures and files"),
    ("keep_events_days", "Webhook events"),
    ("keep_audit_days", "Entries of the audit trail"),
)


def in_words(tenant: Tenant) -> list[str]:
    """Say of each kind what becomes of it, a sentence each."""
    told = []
    for name, what in _KINDS:
        days = getattr(tenant, name)
        told.append(
            f"{what} older than {days} days are deleted every night."
            if days
            else f"{what} are kept for ever."
        )
    if tenant.retention_from is not None and tenant.retention_from > timezone.now():
        told.append(f"Nothing is deleted before {_moment(tenant)}: the times were changed lately.")
    return told


def foretold(tenant: Tenant) -> str:
    """Say what the first night takes after a time was made shorter; in the tenant's schema."""
    now = timezone.now()
    counts = []
    if tenant.keep_messages_days:
        old = now - timedelta(days=tenant.keep_messages_days)
        rows = Message.objects.filter(created_at__lt=old).order_by()[: _MOST + 1]
        counts.append(_counted(rows.count(), "message"))
    if tenant.keep_media_days:
        old = now - timedelta(days=tenant.keep_media_days)
        files = Attachment.objects.filter(created_at__lt=old).exclude(file="")
        counts.append(_counted(files.order_by()[: _MOST + 1].count(), "file"))
    what = " and ".join(counts) or "What is too old"
    return (
        f"From {_moment(tenant)} on this holds. By now {what} would be deleted, and cannot be"
        " brought back. Until then it can be changed back."
    )


def _counted(count: int, what: str) -> str:
    if count > _MOST:
        return f"more than {_MOST:,} {what}s"
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _moment(tenant: Tenant) -> str:
    assert tenant.retention_from is not None  # noqa: S101  # callers have looked
    return date_format(timezone.localtime(tenant.retention_from), "DATETIME_FORMAT")
