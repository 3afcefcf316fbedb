"""How both APIs describe their sign-in; drf-spectacular finds these once they are imported."""

from __future__ import annotations

from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
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
