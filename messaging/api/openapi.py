"""How the API describes itself."""

from __future__ import annotations

from typing import Any

from django.urls import get_script_prefix
from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema


class BearerKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Says what `Authorization` takes."""

    target_class = "tenants.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "An API key."}


class PortalSessionScheme(SessionScheme):  # type: ignore[no-untyped-call]
    """Says that the portal's cookie signs in as well."""

    target_class = "tenants.api.authentication.PortalSessionAuthentication"
    name = "portalSession"
    priority = 0


class TenantSchema(SchemaGenerator):
    """The API of one tenant: its addresses start with the tenant's own prefix."""

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:  # noqa: FBT001
        schema: dict[str, Any] = super().get_schema(request, public)  # type: ignore[no-untyped-call]
        return {**schema, "servers": [{"url": get_script_prefix().rstrip("/") or "/"}]}
