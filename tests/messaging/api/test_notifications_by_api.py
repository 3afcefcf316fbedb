"""`push-subscriptions/` and `notification-choice/`."""

from __future__ import annotations

from typing import Any

import pytest

from messaging.models import NotificationChoice, PushSubscription
from messaging.push import keys
from tests.messaging.push.conftest import PUSH_HOST, Browser

DEVICES = "/t/acme/api/v1/push-subscriptions/"
CHOICE = "/t/acme/api/v1/notification-choice/"
ALL = {"enabled": True, "hide_text": False, "quiet_from": None, "quiet_until": None}


@pytest.fixture(autouse=True)
def _push_is_on(settings: Any) -> None:
    settings.VAPID_PRIVATE_KEY = keys.new_keys()[0]


def _body(name: str = "phone", **change: Any) -> dict[str, Any]:
    fields = Browser(endpoint=f"{PUSH_HOST}/{name}").fields
    endpoint = fields.pop("endpoint")
    return {"endpoint": endpoint, "keys": fields, **change}


def _post(client: Any, body: dict[str, Any]) -> Any:
    return client.post(DEVICES, body, content_type="application/json")


def test_a_person_keeps_and_removes_own_devices(api, bob, alice) -> None:
    client = api(bob)
    made = _post(client, _body())
    assert made.status_code == 201
    assert made.json().keys() == {"id", "device", "created_at", "last_ok_at"}
    assert client.get(DEVICES).json()["count"] == 1
    url = f"{DEVICES}{made.json()['id']}/"
    assert api(alice).get(DEVICES).json()["count"] == 0
    assert api(alice).delete(url).status_code == 404
    assert client.delete(url).status_code == 204
    assert client.get(DEVICES).json()["count"] == 0


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("url", [DEVICES, CHOICE])
def test_an_outsider_is_kept_out(api, gina, acme, url, method) -> None:
    assert getattr(api(gina), method)(url).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (_body(endpoint="https://evil.example/x"), "endpoint"),
        (_body(endpoint="https://10.0.0.1/x"), "endpoint"),
        (_body(keys={"p256dh": "x", "auth": "y"}), "endpoint"),
        (_body(keys={"auth": "y"}), "keys"),
        (_body(keys="x"), "keys"),
        (_body(user=1), "user"),
        ({}, "endpoint"),
    ],
    ids=["stranger", "inside", "bad keys", "a key missing", "no keys", "for another", "nothing"],
)
def test_bad_subscriptions_are_refused(api, bob, acme, inside, body, field) -> None:
    answer = _post(api(bob), body)
    assert answer.status_code == 400
    assert field in answer.json()
    with inside(acme):
        assert not PushSubscription.objects.exists()


def test_without_a_key_nothing_is_kept(api, bob, settings) -> None:
    settings.VAPID_PRIVATE_KEY = ""
    assert _post(api(bob), _body()).status_code == 400


def test_the_choice_is_read_and_replaced(api, bob, alice, acme, inside) -> None:
    client = api(bob)
    assert client.get(CHOICE).json() == ALL
    wanted = {**ALL, "hide_text": True, "quiet_from": "22:00:00", "quiet_until": "07:00:00"}
    answer = client.put(CHOICE, wanted, content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, wanted)
    assert client.get(CHOICE).json() == wanted
    assert api(alice).get(CHOICE).json() == ALL
    with inside(acme):
        assert NotificationChoice.objects.get().user == bob


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"quiet_until": "22:00"}, "quiet_from"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "quiet_until"),
        ({"quiet_from": "late"}, "quiet_from"),
        ({"enabled": None}, "enabled"),
        ({"user": 5}, "user"),
    ],
    ids=["no end", "no beginning", "no length", "no time", "no switch", "for another"],
)
def test_bad_choices_are_refused(api, bob, acme, change, field) -> None:
    answer = api(bob).put(CHOICE, {**ALL, **change}, content_type="application/json")
    assert answer.status_code == 400
    assert field in answer.json()


def test_a_choice_is_given_whole(api, bob) -> None:
    answer = api(bob).put(CHOICE, {"enabled": True}, content_type="application/json")
    assert answer.json().keys() == {"hide_text", "quiet_from", "quiet_until"}
