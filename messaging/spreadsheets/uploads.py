"""Where an uploaded file waits until the person has looked at what it would do."""

from __future__ import annotations

from import_export.tmp_storages import CacheStorage

from tenants.models import Tenant, User


class WaitingFile(CacheStorage):  # type: ignore[misc]  # import_export has no types
    """File in the cache, gone after an hour; only who uploaded it, in this tenant, finds it."""

    CACHE_LIFETIME = 3600

    def __init__(self, *, tenant: Tenant, user: User, kind: str, name: str | None = None) -> None:
        super().__init__(name=name)
        self.CACHE_PREFIX = f"import:{tenant.pk}:{user.pk}:{kind}:"

    def read(self) -> bytes | None:
        """Return the file, or None when it is gone."""
        data = super().read()
        return data if isinstance(data, bytes) else None
