"""Inbound texts that also go out by e-mail."""

from __future__ import annotations

from django.db import models

from messaging.models.message import Message


class MailDelivery(models.Model):
    """One message to one e-mail address; the row waits until the mail server took it."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"

    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="mail_deliveries", db_index=False
    )
    address = models.EmailField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    error = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "address"], name="mail_once_per_address")
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="mail_due",
                condition=models.Q(state__in=["pending", "sending"]),
            )
        ]

    def __str__(self) -> str:
        return f"mail {self.pk}"
