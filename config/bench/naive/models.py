"""The portal's webhook table and the doors to it, as a project of its own would name them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Endpoint(models.Model):
    """A webhook address, known by its token's hash."""

    token_hash = models.BinaryField()
    tenant_id = models.BigIntegerField()

    objects: ClassVar[models.Manager[Endpoint]] = models.Manager()

    class Meta:
        app_label = "naive"
        managed = False
        db_table = "tenants_webhookendpoint"

    def __str__(self) -> str:
        return f"endpoint {self.pk}"


class Event(models.Model):
    """One event as received."""

    provider = models.CharField(max_length=30)
    endpoint_id = models.BigIntegerField()
    tenant_id = models.BigIntegerField()
    dedupe_key = models.BinaryField(unique=True)
    type = models.CharField(max_length=60)
    payload = models.BinaryField()
    state = models.CharField(max_length=10, default="pending")
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, default="")

    objects: ClassVar[models.Manager[Event]] = models.Manager()

    class Meta:
        app_label = "naive"
        managed = False
        db_table = "providers_webhookevent"

    def __str__(self) -> str:
        return f"event {self.pk}"
