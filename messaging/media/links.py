"""Addresses that open one file for a while, where no session can be: for programs."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.urls import reverse
from django.utils import timezone

from messaging.models import Attachment
from tenants.schema import tenant_connection

LIFETIME = timedelta(hours=1)
_STEP = 300  # seconds


def signed_path(attachment: Attachment) -> str:
    """Build the address of a file; whoever has it can read the file until it expires."""
    # In steps: asked twice the address is the same, and what fetched it once may keep it.
    expires = int((timezone.now() + LIFETIME).timestamp()) // _STEP * _STEP
    claim = [tenant_connection.schema_name, attachment.pk.hex, expires]
    return reverse("media-link", args=[_signer().sign_object(claim)])


def _signer() -> signing.Signer:
    return signing.Signer(salt="messaging.media.link")


def attachment_of(signed: str) -> tuple[Attachment, int] | None:
    """Return the file an address stands for in this tenant, and for how many seconds still.

    None for what is made up, altered, expired, another tenant's or gone.
    """
    try:
        schema, key, expires = _signer().unsign_object(signed)
        seconds = expires - int(timezone.now().timestamp())
        wanted = UUID(hex=key)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if schema != tenant_connection.schema_name or seconds <= 0:
        return None
    attachment = Attachment.objects.filter(pk=wanted).first()
    return (attachment, seconds) if attachment else None
