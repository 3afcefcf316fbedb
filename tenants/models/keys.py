"""Keys that programs use in place of a sign-in."""

from __future__ import annotations

import hashlib
import secrets

from django.db import models
from django.utils import timezone

from tenants.models.people import User
from tenants.models.tenant import Tenant


def hash_key(key: str) -> bytes:
    """Hash a key for storage; keys are 256 random bits, so no salt or stretching is needed."""
    return hashlib.sha256(key.encode()).digest()


class ApiKey(models.Model):
    """Bearer key that acts for its user, everywhere the user may go or in one tenant only."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    tenant = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.CASCADE, related_name="api_keys"
    )
    name = models.CharField(max_length=100, blank=True)
    hint = models.CharField(max_length=12, editable=False)  # first letters, to tell keys apart
    key_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name or f"{self.hint}…"

    @classmethod
    def issue(
        cls, user: User, *, tenant: Tenant | None = None, name: str = ""
    ) -> tuple[ApiKey, str]:
        """Make a key and return it with its secret, which is shown this once only."""
        secret = f"tl_{secrets.token_urlsafe(32)}"
        key = cls.objects.create(
            user=user, tenant=tenant, name=name, hint=secret[:8], key_hash=hash_key(secret)
        )
        return key, secret

    @classmethod
    def find(cls, secret: str) -> ApiKey | None:
        """Return the live key of an active user, or None."""
        return (
            cls.objects.select_related("user", "tenant")
            .filter(key_hash=hash_key(secret), revoked_at=None, user__is_active=True)
            .first()
        )

    def touch(self) -> None:
        """Note the use, at most once a minute to spare the row."""
        now = timezone.now()
        if self.last_used_at is None or (now - self.last_used_at).total_seconds() > 60:
            type(self).objects.filter(pk=self.pk).update(last_used_at=now)
