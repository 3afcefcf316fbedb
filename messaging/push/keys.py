"""The platform's own key (VAPID), by which push services know who sends."""

from __future__ import annotations

import base64
import logging
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid

logger = logging.getLogger(__name__)


def signing_key() -> Any | None:
    """Return the key that signs each push; None = push is off."""
    return _read(settings.VAPID_PRIVATE_KEY) if settings.VAPID_PRIVATE_KEY else None


def public_key() -> str:
    """Return the public half as browsers want it (base64url); "" = push is off."""
    key = signing_key()
    return _public(key.private_key) if key else ""


def new_keys() -> tuple[str, str]:
    """Make a private key and its public half, both in base64url."""
    key = ec.generate_private_key(ec.SECP256R1())
    number = key.private_numbers().private_value
    return _text(number.to_bytes(32, "big")), _public(key)


@lru_cache(maxsize=4)
def _read(text: str) -> Any | None:
    try:
        key = Vapid.from_string(text.strip().rstrip("="))
    except ValueError:
        logger.error("VAPID_PRIVATE_KEY cannot be read: push is off")
        return None
    # Its own check of the contact refuses web addresses with a port or a path.
    key.conf["no-strict"] = True
    return key


def _public(key: ec.EllipticCurvePrivateKey) -> str:
    return _text(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
