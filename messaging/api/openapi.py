"""How the tenant's API describes itself."""

from __future__ import annotations

from typing import Any

from django.urls import get_script_prefix
from drf_spectacular.generators import SchemaGenerator


class TenantSchema(SchemaGenerator):
    """The API of one tenant: its addresses start with the tenant's own prefix."""

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:  # noqa: FBT001
        schema: dict[str, Any] = super().get_schema(request, public)  # type: ignore[no-untyped-call]
        return {**schema, "servers": [{"url": get_script_prefix().rstrip("/") or "/"}]}
