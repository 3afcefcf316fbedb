"""How the tenant's API describes itself."""

from __future__ import annotations

from typing import Any

from django.urls import get_script_prefix

from tenants.api.openapi import Description


class TenantSchema(Description):
    """The API of one tenant: its addresses start with the tenant's own prefix."""

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:  # noqa: FBT001
        schema = super().get_schema(request, public)
        return {**schema, "servers": [{"url": get_script_prefix().rstrip("/") or "/"}]}
