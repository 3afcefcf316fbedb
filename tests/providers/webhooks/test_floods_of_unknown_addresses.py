"""Whoever asks for addresses at random makes no load, and is no reason to refuse a carrier."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from providers import doors
from providers import strangers as strangers_module
from providers.models import WebhookEvent
from providers.strangers import Strangers, TooManyStrangers
from tenants.endpoints import all_hashes, renew_address, token_hash
from tests.providers.webhooks.test_what_a_webhook_request_is_answered import (
    EVENT,
    SIGNED,
    basic,
    variation,
)

PROXY = "192.0.2.10"  # everybody's address, the carrier's too


def post(path: str, event: Any = EVENT, headers: Any = SIGNED) -> int:
    body = {"data": [event], "content_type": "application/json"}
    return int(Client(REMOTE_ADDR=PROXY).post(path, headers=headers, **body).status_code)


@pytest.fixture
def hook(acme_configuration: Any) -> str:
    return str(acme_configuration.webhook_url.removeprefix("http://127.0.0.1:8000"))


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Strangers:
    """A process that has just begun, and in which no time passes for strangers."""
    monkeypatch.setattr(strangers_module, "time", SimpleNamespace(monotonic=lambda: 0.0))
    strangers = Strangers(all_hashes)
    monkeypatch.setattr(doors, "_strangers", strangers)
    doors.forget()
    return strangers


def test_a_flood_from_the_proxys_address_costs_little_and_the_carrier_is_never_refused(
    hook: str, fresh: Strangers
) -> None:
    said = []
    with CaptureQueriesContext(connection) as asked:
        for n in range(150):
            said.append(post(f"/webhook/bandwidth/sms/random-{n}"))
    # The first was looked up before all that exist were known.
    assert said == [404] * 101 + [503] * 49
    assert len([query for query in asked if "webhookendpoint" in query["sql"]]) == 102
    doors.forget()  # the memory of the door ends every five seconds
    for n in range(5):
        assert post(hook, variation(message={"id": f"in-{n}"})) == 200
        doors.forget()
    assert WebhookEvent.objects.count() == 5


def test_wrong_passwords_ask_the_database_for_nothing_and_the_right_one_counts(
    hook: str, fresh: Strangers
) -> None:
    assert post(hook) == 200
    with CaptureQueriesContext(connection) as asked:
        for n in range(100):
            assert post(hook, headers=basic("bw", f"guess {n}")) == 401
    assert not [query for query in asked if "webhookendpoint" in query["sql"]]
    assert post(hook, variation(message={"id": "in-0002"})) == 200


def test_an_address_that_begins_elsewhere_is_familiar_by_its_news(
    acme_configuration: Any, fresh: Strangers
) -> None:
    with pytest.raises(doors.NoSuchAddress):
        doors.find_door("bandwidth", "anything")  # all there are are known from here on
    fresh._left = -1e9
    doors._heard(token_hash("a new one"))
    with pytest.raises(doors.NoSuchAddress):
        doors.find_door("bandwidth", "a new one")
    with pytest.raises(TooManyStrangers):
        doors.find_door("bandwidth", "another")


def test_an_address_of_before_is_familiar_while_it_works(
    acme_configuration: Any, fresh: Strangers
) -> None:
    old = acme_configuration.webhook_token
    new = renew_address(acme_configuration.endpoint_id, old)
    fresh.learn()
    fresh._left = -1e9
    for token in (old, new):
        assert doors.find_door("bandwidth", token).endpoint_id == acme_configuration.endpoint_id
