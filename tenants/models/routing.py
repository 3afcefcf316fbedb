"""Whether what routing knows of a tenant still holds."""

from __future__ import annotations

from django.db import models

from tenants.models.tenant import Tenant


class RoutingStamp(models.Model):
    """Changes with all that routing looks up in a tenant's schema before it stores a text there.

    Written by triggers alone, in the transaction of the change: whoever has read both may keep
    what he knows for as long as the stamp stays. No counter, which a server that lost its last
    transactions would count again.
    """

    tenant = models.OneToOneField(
        Tenant,
        primary_key=True,
        on_delete=models.CASCADE,
        db_constraint=False,
        related_name="routing_stamp",
    )
    stamp = models.UUIDField()

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.stamp}"
