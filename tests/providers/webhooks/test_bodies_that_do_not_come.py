"""Where threads wait for bodies that do not come, the carrier's are read all the same."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from providers import webhooks
from providers.models import WebhookEvent
from providers.places import AllTaken, Places
from tests.providers.webhooks.test_what_a_webhook_request_is_answered import (
    EVENT,
    SIGNED,
    ServerClient,
    basic,
)

BODY = json.dumps([EVENT]).encode()


class Unread(io.BytesIO):
    """A body that is not to be waited for."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise AssertionError("somebody waits for the body")


def post(path: str, headers: dict[str, str], stream: io.BytesIO) -> Any:
    more = {"CONTENT_LENGTH": str(len(BODY)), "wsgi.input": stream}
    return ServerClient().generic("POST", path, b"", headers=headers, **more)


def hook(configuration: Any) -> str:
    return str(configuration.webhook_url.removeprefix("http://127.0.0.1:8000"))


@pytest.fixture
def dripping(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Strangers hold all places there are for strangers."""
    places = Places(2)
    monkeypatch.setattr(webhooks, "_strangers", places)
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(places)
        yield


@pytest.fixture
def taken_by_acme(acme_configuration: Any) -> Iterator[None]:
    """Whoever has Acme's address and password drips too."""
    places = webhooks._those_of(acme_configuration.endpoint_id)
    with ExitStack() as held:
        for _ in range(webhooks._WAITING):
            held.enter_context(places)
        yield


@pytest.mark.usefixtures("dripping")
def test_the_carrier_is_heard(acme_configuration: Any) -> None:
    assert post(hook(acme_configuration), SIGNED, io.BytesIO(BODY)).status_code == 200
    assert WebhookEvent.objects.count() == 1


@pytest.mark.usefixtures("dripping")
@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (None, {}, 401),
        (None, basic("bw", "wrong"), 401),
        ("/webhook/bandwidth/sms/unknown", SIGNED, 404),
        ("/webhook/x", SIGNED, 404),
    ],
    ids=["no credentials", "wrong ones", "unknown address", "no address"],
)
def test_strangers_are_answered_unread(
    acme_configuration: Any, path: str | None, headers: dict[str, str], status: int
) -> None:
    assert post(path or hook(acme_configuration), headers, Unread()).status_code == status


@pytest.mark.usefixtures("dripping", "taken_by_acme")
def test_one_tenants_slow_bodies_are_no_others_trouble(
    acme_configuration: Any, globex_configuration: Any
) -> None:
    assert post(hook(acme_configuration), SIGNED, Unread()).status_code == 503
    endpoint = globex_configuration.endpoint
    endpoint.callback_username = ""
    endpoint.save()
    assert post(hook(globex_configuration), {}, io.BytesIO(BODY)).status_code == 200


def test_a_place_is_free_again_whatever_became_of_the_body(acme_configuration: Any) -> None:
    for body, status in ((b"[", 400), (BODY, 200)) * webhooks._WAITING:
        assert post(hook(acme_configuration), SIGNED, io.BytesIO(body)).status_code == status
    with webhooks._strangers:
        pass


def test_nobody_waits_where_all_is_taken() -> None:
    places = Places(1)
    with places, pytest.raises(AllTaken), places:
        pass
    with places:
        pass
