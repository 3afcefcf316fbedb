"""Pictures and files of a message."""

from __future__ import annotations

import uuid

from django.db import models

from messaging.models.message import Message
from tenants.models import User
from tenants.schema import tenant_connection


def stored_path(attachment: Attachment, filename: str) -> str:
    """Place the file in the tenant's own folder under a name nobody can guess or choose."""
    return f"{tenant_connection.schema_name}/{attachment.pk.hex[:2]}/{attachment.pk.hex}"


class Attachment(models.Model):
    """File of a message, or an upload that waits for its message."""

    class State(models.TextChoices):
        PENDING = "pending", "Being fetched"
        READY = "ready", "Ready"
        FAILED = "failed", "Not available"
        EXPIRED = "expired", "Deleted by age"  # the tenant keeps files for so long only

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey(
        Message, null=True, on_delete=models.CASCADE, related_name="attachments"
    )
    position = models.PositiveSmallIntegerField(default=0)
    file = models.FileField(upload_to=stored_path, blank=True)
    name = models.CharField(max_length=200, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    source_url = models.CharField(max_length=4096, blank=True)  # the carrier's, gone after 48 h
    provider_url = models.CharField(max_length=4096, blank=True)  # our upload at the carrier
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    notice = models.CharField(max_length=200, blank=True)  # such as: made smaller
    uploaded_by = models.ForeignKey(
        User,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "created_at"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="attachment_due",
                condition=models.Q(state="pending"),
            ),
            models.Index(
                fields=["created_at"], name="attachment_kept", condition=~models.Q(file="")
            ),
        ]

    def __str__(self) -> str:
        return f"attachment {self.pk}"


class DiscardedFile(models.Model):
    """File whose row is gone: noted with that, so that no crash leaves it behind."""

    path = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"discarded file {self.pk}"
