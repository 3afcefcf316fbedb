"""Signing in to the API: a bearer key, or the portal's session."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from tenants.models import ApiKey, User


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """Return the key's user; a key of one tenant opens nothing elsewhere.

        Raises AuthenticationFailed.
        """
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = ApiKey.find(secret.strip())
        if key is None:
            raise AuthenticationFailed("This API key is unknown or revoked.")
        tenant = getattr(request._request, "tenant", None)
        if key.tenant_id is not None and (tenant is None or tenant.pk != key.tenant_id):
            raise AuthenticationFailed("This API key belongs to another tenant.")
        key.touch()
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class PortalSessionAuthentication(SessionAuthentication):
    """The portal's session, with Django's CSRF check on each change."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """Return the session's user.

        Raises PermissionDenied for a system admin who has yet to set up two-step sign-in.
        """
        found = super().authenticate(request)
        if found is not None and getattr(found[0], "lacks_second_factor", False):
            raise PermissionDenied("Set up two-step sign-in first, at /accounts/2fa/.")
        return found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
