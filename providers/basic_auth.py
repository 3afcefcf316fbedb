"""Checking the Basic credentials a carrier signs its webhooks with."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from providers.errors import WebhookUnauthorized
from providers.types import WebhookCredentials


def check_basic(headers: Mapping[str, str], accepted: Sequence[WebhookCredentials]) -> None:
    """Compare the Authorization header with every accepted pair; none accepted = open.

    `headers` has lower-case names. Raises WebhookUnauthorized.
    """
    if not accepted:
        return
    presented = hashlib.sha256(_presented(headers.get("authorization", ""))).digest()
    matches = 0
    # Every pair is compared, so that the time taken does not tell which one is near.
    for pair in accepted:
        matches += hmac.compare_digest(presented, pair.digest)
    if not matches:
        raise WebhookUnauthorized("The webhook's username or password is missing or wrong.")


def _presented(header: str) -> bytes:
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        raise WebhookUnauthorized("Sign in with Basic credentials.")
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise WebhookUnauthorized("The Authorization header is not readable.") from None
