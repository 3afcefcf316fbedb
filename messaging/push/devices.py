"""The browsers of a person that take notifications."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db.models import QuerySet

from messaging.models import PushSubscription
from messaging.plaintext import one_line
from messaging.push.endpoints import EndpointRefused, host_of
from tenants.models import User

MOST = 10


class DeviceRefused(ValueError):
    """The browser's subscription is not taken; the text says why to the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What a browser hands out when a person turns notifications on."""

    endpoint: str
    p256dh: str
    auth: str
    user_agent: str = ""


def of(user: User) -> QuerySet[PushSubscription]:
    """Return the person's own devices, newest first."""
    return PushSubscription.objects.filter(user=user).order_by("-created_at", "-pk")


def subscribe(user: User, device: Device) -> PushSubscription:
    """Keep the browser; the eleventh takes the place of the oldest.

    A browser that was another person's becomes this one's. Raises DeviceRefused.
    """
    try:
        host_of(device.endpoint)
    except EndpointRefused as refusal:
        raise DeviceRefused(str(refusal)) from refusal
    _check_keys(device)
    row, _ = PushSubscription.objects.update_or_create(
        endpoint_hash=_hash(device.endpoint),
        defaults={
            "user": user,
            "endpoint": device.endpoint,
            "p256dh": device.p256dh,
            "auth": device.auth,
            "user_agent": one_line(device.user_agent, limit=300),
            "failures": 0,
        },
    )
    PushSubscription.objects.filter(endpoint_hash=_earlier_hash(device.endpoint)).delete()
    surplus = of(user).exclude(pk=row.pk).values_list("pk", flat=True)[MOST - 1 :]
    PushSubscription.objects.filter(pk__in=list(surplus)).delete()
    return row


def by_endpoint(user: User, endpoint: str) -> QuerySet[PushSubscription]:
    """Find the person's own row of a browser."""
    hashes = [_hash(endpoint), _earlier_hash(endpoint)]
    return PushSubscription.objects.filter(user=user, endpoint_hash__in=hashes)


def recognise(user: User, endpoint: str) -> PushSubscription | None:
    """Find the same when the browser shows itself; what was kept plain is encrypted then."""
    row = by_endpoint(user, endpoint).first()
    new = _hash(endpoint)
    if row is not None and bytes(row.endpoint_hash) != new:
        others = PushSubscription.objects.filter(endpoint_hash=new)
        if not others.exists():
            row.endpoint_hash = new
            row.save(update_fields=["endpoint", "endpoint_hash", "p256dh", "auth"])
    return row


def _hash(endpoint: str) -> bytes:
    """Hash with a key that lives as long as subscriptions do: another one ends them all."""
    key = settings.VAPID_PRIVATE_KEY.strip().encode()
    return hmac.digest(key, endpoint.encode("utf-8", "replace"), "sha256")


def _earlier_hash(endpoint: str) -> bytes:
    """Hash as rows have it that are still plain."""
    return hashlib.sha256(endpoint.encode("utf-8", "replace")).digest()


def _check_keys(device: Device) -> None:
    """Refuse keys that nothing could be encrypted with. Raises DeviceRefused."""
    try:
        point, secret = _decoded(device.p256dh), _decoded(device.auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (ValueError, binascii.Error) as error:
        raise DeviceRefused("The browser's keys cannot be read.") from error
    if len(point) != 65 or len(secret) != 16:
        raise DeviceRefused("The browser's keys cannot be read.")


def _decoded(text: str) -> bytes:
    if len(text) > 100:
        raise ValueError(text[:10])
    bare = text.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
