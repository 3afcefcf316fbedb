"""A key has so many requests a minute; whoever spends them spends nobody else's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tenants.api import throttle
from tenants.models import ApiKey, Tenant, User

URL = "/t/acme/api/v1/contacts/"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, settings: Any) -> SimpleNamespace:
    """Allow three requests a minute, and let no time pass by itself."""
    settings.API_REQUESTS_PER_MINUTE = 3
    now = SimpleNamespace(at=1_795_000_000.0)
    monkeypatch.setattr(throttle, "time", SimpleNamespace(time=lambda: now.at))
    return now


def test_a_key_that_asks_too_often_is_told_when_to_come_again(
    api: Any, alice: User, acme: Tenant, clock: SimpleNamespace
) -> None:
    client = api(alice, acme)
    assert [client.get(URL).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = client.get(URL)
    assert refused["Retry-After"] == "20"
    assert "detail" in refused.json()
    clock.at += 20
    assert client.get(URL).status_code == 200


def test_other_keys_sessions_and_webhooks_from_the_same_address_go_on(
    api: Any,
    alice: User,
    gina: User,
    acme: Tenant,
    globex: Tenant,
    signed_in: Any,
    clock: SimpleNamespace,
    acme_configuration: Any,
) -> None:
    wild = api(alice, acme)
    for _ in range(5):
        wild.get(URL)
    assert wild.get(URL).status_code == 429
    assert api(alice, acme).get(URL).status_code == 200
    assert api(gina, globex).get("/t/globex/api/v1/contacts/").status_code == 200
    browser = signed_in(alice)
    assert {browser.get(URL).status_code for _ in range(6)} == {200}
    hook = acme_configuration.webhook_url.removeprefix("http://127.0.0.1:8000")
    assert {Client().post(hook, b"[]", content_type="text/json").status_code for _ in range(6)} == {
        401
    }


def test_a_wrong_key_is_refused_and_takes_nothing_of_a_right_one(
    api: Any, alice: User, acme: Tenant, clock: SimpleNamespace
) -> None:
    right = api(alice, acme)
    wrong = Client(headers={"Authorization": f"Bearer {ApiKey.objects.get().hint}"})
    assert {wrong.get(URL).status_code for _ in range(6)} == {401}
    assert right.get(URL).status_code == 200


def test_none_is_no_limit(
    api: Any, alice: User, acme: Tenant, clock: SimpleNamespace, settings: Any
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 0
    client = api(alice, acme)
    assert {client.get(URL).status_code for _ in range(6)} == {200}
