"""Requests of programs that are done once, however often they come."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.models import User


class IdempotencyKey(models.Model):
    """What one request of a person made; kept for some days."""

    user = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    # Of the key that came with it, and of what was asked for: neither can be read out of here.
    key_hash = models.BinaryField(max_length=32, editable=False)
    fingerprint = models.BinaryField(max_length=32, editable=False)
    made = ArrayField(models.UUIDField(), default=list)  # messages or broadcasts, in their order
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key_hash"], name="one_request_per_key")
        ]

    def __str__(self) -> str:
        return f"idempotency key {self.pk}"
