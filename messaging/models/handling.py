"""Who looks after a thread, and what colleagues say of it among themselves."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from messaging.models.configuration import Extension
from messaging.models.conversation import Conversation
from tenants.models import User


class Note(models.Model):
    """Remark beside a thread that is never sent; the people it mentions are told."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="notes", db_index=False
    )
    author = models.ForeignKey(
        User,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        db_index=False,
    )
    text = models.TextField(max_length=2000)
    mentions = ArrayField(models.BigIntegerField(), default=list, blank=True)  # extensions' keys
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["conversation", "created_at"], name="note_in_thread")]

    def __str__(self) -> str:
        return f"note {self.pk}"


class HandlingEvent(models.Model):
    """A thread changed hands, was done or came back. Rows are only ever added."""

    class Kind(models.TextChoices):
        GIVEN = "given", "Given"  # by turn, when a text came in
        TAKEN = "taken", "Taken"
        ASSIGNED = "assigned", "Assigned"  # by an admin
        TRANSFERRED = "transferred", "Transferred"  # by its handler
        DONE = "done", "Done"
        REOPENED = "reopened", "Reopened"

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="handling_events", db_index=False
    )
    at = models.DateTimeField()
    kind = models.CharField(max_length=11, choices=Kind.choices)
    by = models.ForeignKey(
        User,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        db_index=False,
    )
    extension = models.ForeignKey(
        Extension, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["conversation", "at"], name="handling_in_thread")]

    def __str__(self) -> str:
        return f"handling event {self.pk}"
