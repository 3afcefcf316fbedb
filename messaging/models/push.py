"""Notifications: which browsers get them, and when a person wants none."""

from __future__ import annotations

from django.db import models

from tenants.encryption import SealedLaterField
from tenants.models import User


class PushSubscription(models.Model):
    """Browser of a person that takes Web Push; the endpoint is a secret address of its vendor."""

    user = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    endpoint = SealedLaterField()
    endpoint_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    p256dh = SealedLaterField()
    auth = SealedLaterField()
    user_agent = models.CharField(max_length=300, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"push subscription {self.pk}"


class NotificationChoice(models.Model):
    """What one person wants to be told of, and when not; no row = everything, at any time."""

    user = models.OneToOneField(
        User, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    enabled = models.BooleanField(default=True)
    hide_text = models.BooleanField(default=False)
    # In the tenant's time zone; from after until = over midnight; both or neither.
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_both_ends",
                violation_error_message="Quiet hours need a beginning and an end.",
            )
        ]

    def __str__(self) -> str:
        return f"notification choice {self.pk}"
