"""One text to many people, each alone."""

from __future__ import annotations

import uuid

from django.db import models

from messaging.models.conversation import Contact
from tenants.models import User


class Broadcast(models.Model):
    """A text and its many recipients, sent as individual messages behind all replies."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SCHEDULED = "scheduled", "Scheduled"
        RUNNING = "running", "Being sent"
        PAUSED = "paused", "Paused"
        DONE = "done", "Done"
        CANCELED = "canceled", "Canceled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    our_number = models.CharField(max_length=16)
    text = models.TextField(max_length=2000)  # with {name} and other merge fields
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    author = models.ForeignKey(
        User,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        db_index=False,
    )
    problem = models.CharField(max_length=300, blank=True)  # why it paused by itself
    created_at = models.DateTimeField(auto_now_add=True)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    touched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class BroadcastRecipient(models.Model):
    """One of a broadcast's many; its message holds the result once there is one."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        WRITTEN = "written", "Handed over"  # there is a message
        SKIPPED = "skipped", "Skipped"

    broadcast = models.ForeignKey(
        Broadcast, on_delete=models.CASCADE, related_name="recipients", db_index=False
    )
    number = models.CharField(max_length=16)
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    fields = models.JSONField(default=dict, blank=True)  # values of merge fields, as imported
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    reason = models.CharField(max_length=200, blank=True)  # why it was skipped
    message_id = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "number"], name="broadcast_number_once")
        ]
        indexes = [
            models.Index(
                fields=["broadcast", "id"],
                name="broadcast_pending",
                condition=models.Q(state="pending"),
            )
        ]

    def __str__(self) -> str:
        return f"broadcast recipient {self.pk}"
