from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import http_ece
import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django_tenants.utils import tenant_context

from messaging.conversations import conversation_with, note_last
from messaging.models import Conversation, Message, MessageSetting, PushSubscription
from messaging.push import devices, endpoints, keys
from tenants.models import Tenant, User
from tests.conftest import ACME_NUMBER, CUSTOMER

PUSH_HOST = "https://fcm.googleapis.com/fcm/send"


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Browser:
    """Browser of a person, with keys of its own; it can read what is sent to it."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    secret: bytes = b"0123456789abcdef"

    @property
    def fields(self) -> dict[str, str]:
        """What it hands out when notifications are turned on."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "p256dh": _text(point), "auth": _text(self.secret)}

    def read(self, body: bytes) -> dict[str, Any]:
        """Decrypt a push as a browser does."""
        plain = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.secret, version="aes128gcm"
        )
        notice: dict[str, Any] = json.loads(plain)
        return notice


@pytest.fixture(autouse=True)
def _push_is_on(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.VAPID_PRIVATE_KEY = keys.new_keys()[0]
    settings.VAPID_CONTACT = "https://texts.example.com:8443"
    public = [(2, 1, 6, "", ("142.250.1.95", 443))]
    monkeypatch.setattr(endpoints.socket, "getaddrinfo", lambda *_, **__: public)


@pytest.fixture
def service() -> Iterator[responses.RequestsMock]:
    """The push services of the world, which take what a test allows."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def browser() -> Callable[..., Browser]:
    """Make a browser: `browser("phone")`."""
    return lambda name="phone": Browser(endpoint=f"{PUSH_HOST}/{name}")


@pytest.fixture
def turned_on(browser: Callable[..., Browser]) -> Callable[..., Browser]:
    """Let a person turn notifications on in a tenant, on a device of this name."""

    def turn_on(user: User, tenant: Tenant, name: str = "phone") -> Browser:
        device = browser(name)
        with tenant_context(tenant):
            devices.subscribe(user, devices.Device(**device.fields, user_agent="Chrome Android"))
        return device

    return turn_on


@pytest.fixture
def text_in(acme: Tenant, acme_line: MessageSetting) -> Callable[..., Message]:
    """Store an inbound text of Acme, for extension 101 unless told otherwise."""

    def store(
        text: str = "Is my crown ready?", *, is_assigned: bool = True, **fields: Any
    ) -> Message:
        from django.utils import timezone

        at = fields.pop("at", timezone.now())
        others = fields.pop("others", [CUSTOMER])
        with tenant_context(acme):
            thread = conversation_with(ACME_NUMBER, others, at=at)
            extension = acme_line.extension if is_assigned else None
            Conversation.objects.filter(pk=thread.pk).update(extension=extension)
            values = {"direction": "in", "status": "received", "sender": others[0], **fields}
            message = Message.objects.create(
                conversation=thread, text=text, created_at=at, **values
            )
            note_last(message)
        return message

    return store


@pytest.fixture
def device_count(acme: Tenant) -> Callable[..., int]:
    """Count Acme's devices."""

    def count(**conditions: Any) -> int:
        with tenant_context(acme):
            return PushSubscription.objects.filter(**conditions).count()

    return count
