"""Counts per tenant and day, for pages that show all tenants at once."""

from __future__ import annotations

from django.db import models

from tenants.models.tenant import Tenant


class UsageDay(models.Model):
    """One tenant's messages of one day in its own time zone; counted again while it may change."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="usage_days")
    day = models.DateField()
    received = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    delivered = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    segments = models.PositiveIntegerField(default=0)  # of what was sent
    counted_at = models.DateTimeField()

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "day"], name="one_count_per_tenant_and_day")
        ]
        indexes = [models.Index(fields=["day"])]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.day}"
