from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from messaging import live, queue
from messaging.inbound import drain, many
from messaging.models import Message, SmsConfiguration
from providers import bell
from providers.intake import dedupe_key
from providers.models import WebhookEvent
from providers.registry import provider_class
from tenants.models import Tenant

PAYLOADS = Path(__file__).resolve().parents[1] / "payloads"

Arrive = Callable[..., WebhookEvent]
Run = Callable[[], None]


@dataclass(frozen=True)
class Published:
    """Work that was handed to Celery after the commit."""

    task: str
    schema_name: str
    key: str
    delay: float | None


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> list[Published]:
    """What the flows asked Celery for, in place of a broker."""
    asked: list[Published] = []

    def publish(task: str, schema_name: str, key: Any, *, delay: float | None = None) -> None:
        asked.append(Published(task, schema_name, str(key), delay))

    monkeypatch.setattr(queue, "publish", publish)
    return asked


@pytest.fixture(autouse=True)
def _no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "heard", lambda: None)


@pytest.fixture(autouse=True)
def hints(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What open pages were told, in place of Valkey."""
    told: list[tuple[str, dict[str, Any]]] = []

    def publish(schema_name: str, bodies: list[str]) -> None:
        told.extend((schema_name, json.loads(body)) for body in bodies)

    monkeypatch.setattr(live, "_publish", lambda schema, body: publish(schema, [body]))
    monkeypatch.setattr(live, "_publish_all", publish)
    monkeypatch.setattr(
        live, "_publish_each", lambda each: [publish(schema, [body]) for schema, body in each]
    )
    return told


@pytest.fixture
def payload() -> Callable[..., dict[str, Any]]:
    """Read an event of Bandwidth's; keyword arguments replace fields of its message."""

    def read(name: str, *, to: str | None = None, **message: Any) -> dict[str, Any]:
        event: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
        event["message"].update(message)
        if to is not None:
            event["to"] = event["message"]["owner"] = to
            event["message"]["to"] = [to]
        return event

    return read


@pytest.fixture
def arrive(db: None) -> Arrive:
    """Put an event into the webhook inbox; no configuration = by the platform's address."""

    def store(
        event: dict[str, Any] | bytes, configuration: SmsConfiguration | None = None
    ) -> WebhookEvent:
        endpoint = configuration.endpoint if configuration else None
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        key = uuid.uuid4().bytes
        if endpoint is None:
            (item,) = provider_class("bandwidth").split_webhook(body)
            key = dedupe_key(None, item)
        return WebhookEvent.objects.create(
            provider="bandwidth",
            endpoint=endpoint,
            tenant_id=endpoint.tenant_id if endpoint else None,
            dedupe_key=key,
            type=event["type"] if isinstance(event, dict) else "",
            payload=body,
        )

    return store


@pytest.fixture
def run_drain(db: None, django_capture_on_commit_callbacks: Any) -> Run:
    """Drain the inbox, commit hooks included."""

    def run() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            drain.drain()

    return run


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no text taken together with others."""
    monkeypatch.setattr(many, "receive_many", lambda tenant, arrivals: set())


@pytest.fixture
def texts(
    acme: Tenant, inside: Callable[[Tenant], AbstractContextManager[None]]
) -> Callable[[], list[str]]:
    """Read what Acme received, in order."""

    def read() -> list[str]:
        with inside(acme):
            return list(Message.objects.values_list("text", flat=True))

    return read
