"""Which carriers there are, and the platform's own account with them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from providers.base import Provider
from providers.types import Account, AuthMethod, WebhookCredentials


class UnknownProvider(LookupError):
    """No carrier of this name is listed in settings.PROVIDERS."""


def provider_class(slug: str) -> type[Provider]:
    """Import the adapter of a carrier.

    Raises UnknownProvider.
    """
    try:
        path = settings.PROVIDERS[slug]
    except KeyError as error:
        raise UnknownProvider(slug) from error
    cls: type[Provider] = import_string(path)
    return cls


def provider_for(slug: str, account: Account) -> Provider:
    """Put an account to work at its carrier, against the addresses of the settings."""
    cls = provider_class(slug)
    return cls(account, **settings.PROVIDER_OPTIONS.get(slug, {}))


def platform_account() -> Account | None:
    """Return the platform's Bandwidth account, or None where the settings name none.

    Client ID and secret win over API token and secret: Bandwidth ends Basic sign-in.
    """
    if not settings.BANDWIDTH_ACCOUNT_ID:
        return None
    oauth = bool(settings.BANDWIDTH_CLIENT_ID)
    return Account(
        account_id=settings.BANDWIDTH_ACCOUNT_ID,
        application_id=settings.BANDWIDTH_APPLICATION_ID,
        auth_method=AuthMethod.OAUTH2 if oauth else AuthMethod.BASIC,
        username=settings.BANDWIDTH_CLIENT_ID if oauth else settings.BANDWIDTH_API_TOKEN,
        password=settings.BANDWIDTH_CLIENT_SECRET if oauth else settings.BANDWIDTH_API_SECRET,
    )


def platform_webhook_credentials() -> Sequence[WebhookCredentials]:
    """Return what the carrier must present at the platform's address; empty = open."""
    if not settings.BANDWIDTH_WEBHOOK_USERNAME:
        return ()
    return _pair(settings.BANDWIDTH_WEBHOOK_USERNAME, settings.BANDWIDTH_WEBHOOK_PASSWORD)


@lru_cache(maxsize=1)
def _pair(username: str, password: str) -> tuple[WebhookCredentials]:
    return (WebhookCredentials(username=username, password=password),)
