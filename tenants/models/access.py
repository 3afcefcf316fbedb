"""Trail of what system admins did inside tenants."""

from __future__ import annotations

from django.db import models

from tenants.models.people import User
from tenants.models.tenant import Tenant


class AccessEntry(models.Model):
    """One visit or change by a switched-in system admin; rows are only ever added."""

    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # Null = about the platform: that a tenant was removed is told after it is gone.
    tenant = models.ForeignKey(
        Tenant, null=True, on_delete=models.CASCADE, related_name="access_entries"
    )
    action = models.CharField(max_length=10)  # "visit" or the request's method
    path = models.CharField(max_length=500)
    ip = models.GenericIPAddressField(null=True)

    class Meta:
        ordering = ["-at"]
        verbose_name_plural = "access entries"
        indexes = [models.Index(fields=["tenant", "-at"])]

    def __str__(self) -> str:
        return f"{self.action} {self.path}"
