"""Spreadsheets that are written in the background."""

from __future__ import annotations

import uuid

from django.db import models

from tenants.models import User
from tenants.schema import tenant_connection

MESSAGES = "messages"
PERSON = "person"  # all there is of one number outside


def export_path(export: Export, filename: str) -> str:
    """Place the file in the tenant's own folder under a name nobody can guess."""
    return f"{tenant_connection.schema_name}/exports/{export.pk.hex}.{export.ending}"


class Export(models.Model):
    """One spreadsheet somebody asked for; the row is the queue and shows the progress."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Being written"
        DONE = "done", "Ready"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=30)
    filters = models.JSONField(default=dict)
    user = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    file = models.FileField(upload_to=export_path, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now_add=True)  # a writer's sign of life
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def ending(self) -> str:
        """Ending of the file's name."""
        return "zip" if self.kind == PERSON else "csv"
