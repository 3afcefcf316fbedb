"""The durable inbox of everything carriers post to us."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from tenants.models import Tenant, WebhookEndpoint


class WebhookEvent(models.Model):
    """One event as received. The row is the queue: Celery only rings the bell."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        PROCESSED = "processed", "Processed"
        UNROUTED = "unrouted", "Unrouted"  # the number belongs to nobody
        REJECTED = "rejected", "Rejected"  # the endpoint may not speak for that number
        FAILED = "failed", "Failed"  # cannot be understood, or processing gave up
        DISCARDED = "discarded", "Discarded"  # put aside by a person

    # Null = the platform account's own address, which has no token. Neither key is checked by the
    # database: a share lock on two rows that every event of a tenant names costs more than storing
    # it. An endpoint that is gone leaves its number here, and so does a tenant.
    endpoint = models.ForeignKey(
        WebhookEndpoint,
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="events",
        db_constraint=False,
        db_index=False,
    )
    provider = models.CharField(max_length=30)
    dedupe_key = models.BinaryField(max_length=16, unique=True)
    type = models.CharField(max_length=60, blank=True)
    # Bytes, not JSON: the only type that takes NULs, lone surrogates and broken UTF-8.
    payload = models.BinaryField()
    received_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    tenant = models.ForeignKey(
        Tenant,
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="webhook_events",
        db_constraint=False,
        db_index=False,
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # The queue, a tenant at a time: nobody waits behind another's backlog.
            # What is to be tried again later is passed over: there may be a great mass of it.
            models.Index(
                fields=["tenant", "next_attempt_at", "id"],
                name="webhook_event_queue",
                condition=models.Q(state="pending"),
            ),
            models.Index(
                fields=["next_attempt_at"],
                name="webhook_event_waiting",
                condition=models.Q(state="pending", next_attempt_at__isnull=False),
            ),
            # The log, by state. Not of what is pending: with statistics from before a flood, a
            # claim would read all of it here, instead of a tenant's part there.
            models.Index(
                fields=["state", "-id"],
                name="webhook_event_settled",
                condition=~models.Q(state="pending"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type or 'event'} {self.pk}"
