"""Case tables over both webhook addresses: who is let in, what is stored, what is answered."""

from __future__ import annotations

import base64
import io
import json
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from config.wsgi import application
from messaging.models import SmsConfiguration
from providers import bell
from providers.deadline import within
from providers.models import WebhookEvent
from tests.providers.webhooks.loop_client import LoopClient, ThreadsClient

EVENT: dict[str, Any] = {
    "time": "2026-11-20T15:43:35.502180Z",
    "type": "message-received",
    "to": "+19195550101",
    "description": "Incoming message received",
    "message": {
        "id": "in-0001",
        "owner": "+19195550101",
        "applicationId": "93de2206-9669-4e07-948d-329f4b722ee2",
        "time": "2026-11-20T15:43:34Z",
        "segmentCount": 1,
        "direction": "in",
        "to": ["+19195550101"],
        "from": "+15125550300",
        "text": "Order ready? 👍",
    },
}


def basic(username: str, password: str) -> dict[str, str]:
    token = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


SIGNED = basic("bw", "cb-Canary")


def variation(**changes: Any) -> dict[str, Any]:
    """Change the envelope; keys of `message` go there."""
    message = {**EVENT["message"], **changes.pop("message", {})}
    return {**EVENT, **changes, "message": message}


class ServerClient(Client):
    """Client that asks the WSGI application, as a server does."""

    def request(self, **request: Any) -> Any:
        said: list[Any] = []
        body = application(self._base_environ(**request), lambda *start: said.extend(start))
        status, headers = said
        return HttpResponse(b"".join(body), status=int(status[:3]), headers=dict(headers))


DOORS = {
    "view": Client,
    "dispatcher": ServerClient,
    "intake": LoopClient,
    "intake by threads": ThreadsClient,
}


@pytest.fixture(params=DOORS.values(), ids=DOORS)
def client(request: pytest.FixtureRequest) -> Client:
    made: Client = request.param()
    return made


@pytest.fixture
def hook(acme_configuration: SmsConfiguration) -> str:
    return acme_configuration.webhook_url.removeprefix("http://127.0.0.1:8000")


@pytest.fixture
def post(hook: str, client: Client) -> Any:
    def send(body: Any, headers: dict[str, str] | None = None, path: str = hook) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.post(
            path,
            raw,
            content_type="application/json",
            headers=SIGNED if headers is None else headers,
        )

    return send


@dataclass(frozen=True)
class Case:
    id: str
    body: Any
    status: int
    stored: list[str] = field(default_factory=list)  # types of the rows


CASES = [
    Case("array of one", [EVENT], 200, ["message-received"]),
    Case("bare object, as older pages show it", EVENT, 200, ["message-received"]),
    Case(
        "array of several",
        [EVENT, variation(message={"id": "in-0002"}), variation(message={"id": "in-0003"})],
        200,
        ["message-received"] * 3,
    ),
    Case("the same event twice in one body", [EVENT, EVENT], 200, ["message-received"]),
    Case("empty array", [], 200),
    Case("unknown type", [variation(type="message-teleported")], 200, ["message-teleported"]),
    Case("read receipt", [variation(type="message-read")], 200, ["message-read"]),
    Case("no type at all", [{"accountId": "1", "status": "VERIFIED"}], 200, [""]),
    Case("a number in the array", [17], 200, [""]),
    Case(
        "a bad event beside a good one",
        [{"type": 5, "message": "?"}, EVENT],
        200,
        ["", "message-received"],
    ),
    Case("NUL in the text", [variation(message={"text": "a\0b"})], 200, ["message-received"]),
    Case(
        "lone surrogate in the text",
        b'[{"type":"message-received","message":{"id":"s1","text":"\\ud800"}}]',
        200,
        ["message-received"],
    ),
    Case("NUL in the id", [variation(message={"id": "a\0b"})], 200, ["message-received"]),
    Case("id is an object", [variation(message={"id": {"a": 1}})], 200, ["message-received"]),
    Case("huge number", b'[{"type":"x","message":{"id":' + b"9" * 4000 + b"}}]", 200, ["x"]),
    Case("not JSON", b"text=hello", 400),
    Case("broken JSON", b'[{"type":', 400),
    Case("broken UTF-8", b'[{"type":"\xff\xfe"}]', 400),
    Case("nothing", b"", 400),
    Case("5,000 deep", b"[" * 5000 + b"]" * 5000, 400),
    Case("1,000 events", [17] * 1000, 200, [""]),
    Case("more events than anybody sends", [17] * 1001, 413),
    Case("over the limit", b"[" + b" " * (1024 * 1024) + b"]", 413),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_body_is_stored_or_refused(post: Any, case: Case) -> None:
    response = post(case.body)
    assert response.status_code == case.status
    assert list(WebhookEvent.objects.order_by("id").values_list("type", flat=True)) == case.stored
    line = json.loads(response.content)
    assert ("error" in line) == (case.status >= 400)
    assert b"\n" not in response.content


@pytest.mark.parametrize("method", ["post", "get", "head", "put", "options"])
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("end", ["{hook}", "/webhook/bandwidth/sms", "/webhook/bandwidth/voice"])
def test_all_doors_say_the_same_to_the_letter(hook: str, end: str, slash: str, method: str) -> None:
    path = end.format(hook=hook) + slash
    for body, headers in ((b"[]", SIGNED), (b"[]", {}), (b"?", SIGNED), (b"[" * 1048577, SIGNED)):
        said = []
        for client in DOORS.values():
            ask = {"headers": headers, "content_type": "application/json"}
            answer = client().generic(method.upper(), path, body, **ask)
            said.append((answer.status_code, sorted(answer.headers.items()), answer.content))
        assert said == [said[0]] * len(DOORS)


def test_a_suspended_tenant_s_events_are_taken_like_others(post: Any, acme: Any) -> None:
    """Or the carrier would give up after a day what is routed when the tenant is resumed."""
    type(acme).objects.filter(pk=acme.pk).update(is_active=False)
    assert post([EVENT]).status_code == 200
    assert post([EVENT], {}).status_code == 401
    event = WebhookEvent.objects.get()
    assert (event.state, event.tenant) == ("pending", acme)


def test_a_stored_event_keeps_what_was_sent(post: Any, acme: Any) -> None:
    post([EVENT])
    event = WebhookEvent.objects.get()
    assert json.loads(bytes(event.payload)) == EVENT
    assert event.state == "pending"
    assert event.tenant == acme


@pytest.mark.parametrize("slash", ["", "/"], ids=["without slash", "with slash"])
def test_the_address_works_with_and_without_a_trailing_slash(
    post: Any, hook: str, slash: str
) -> None:
    assert post([EVENT], path=hook + slash).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("bw", "wrong"),
        basic("other", "cb-Canary"),
        {"Authorization": "Basic %%%"},
        {"Authorization": "Bearer cb-Canary"},
        {"Authorization": "Basic"},
    ],
    ids=["no credentials", "wrong password", "wrong user", "no base64", "bearer", "empty"],
)
def test_wrong_credentials_are_challenged_and_store_nothing(
    post: Any, headers: dict[str, str]
) -> None:
    response = post([EVENT], headers)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Basic realm=")
    assert not WebhookEvent.objects.exists()


def test_credentials_are_judged_before_the_body(post: Any) -> None:
    assert post(b"not json", {}).status_code == 401


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_other_methods_are_refused(client: Client, hook: str, method: str) -> None:
    response = getattr(client, method)(hook)
    assert response.status_code == 405
    assert response["Allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    ["/webhook/bandwidth/sms/unknown-token", "/webhook/twilio/sms", "/webhook/bandwidth/sms"],
    ids=["unknown token", "unknown carrier", "no platform account"],
)
def test_an_address_that_stands_for_nothing_is_not_found(post: Any, path: str) -> None:
    response = post([EVENT], path=path)
    assert response.status_code == 404
    assert not WebhookEvent.objects.exists()


def test_a_repeated_event_is_stored_once(post: Any) -> None:
    for _ in range(3):
        assert post([EVENT]).status_code == 200
    assert WebhookEvent.objects.count() == 1


def test_two_endpoints_cannot_swallow_each_others_events(
    post: Any, globex_configuration: SmsConfiguration
) -> None:
    other = globex_configuration.webhook_url.removeprefix("http://127.0.0.1:8000")
    post([EVENT], path=other)
    post([EVENT])
    assert WebhookEvent.objects.count() == 2


def test_a_group_receipt_is_kept_per_recipient(post: Any) -> None:
    for recipient in ("+15125550300", "+15125550301"):
        post([variation(type="message-delivered", to=recipient)])
    assert WebhookEvent.objects.count() == 2


def test_a_configuration_without_callback_credentials_is_open_to_its_secret_path(
    post: Any, acme_configuration: SmsConfiguration
) -> None:
    endpoint = acme_configuration.endpoint
    endpoint.callback_username = endpoint.callback_password = ""
    endpoint.save()
    assert post([EVENT], {}).status_code == 200


def test_the_platform_address_takes_the_platform_credentials(post: Any, settings: Any) -> None:
    settings.BANDWIDTH_ACCOUNT_ID = "9900009"
    settings.BANDWIDTH_WEBHOOK_USERNAME = "plat"
    settings.BANDWIDTH_WEBHOOK_PASSWORD = "form"
    path = "/webhook/bandwidth/sms"
    assert post([EVENT], {}, path).status_code == 401
    assert post([EVENT], basic("plat", "form"), path).status_code == 200
    event = WebhookEvent.objects.get()
    assert (event.endpoint, event.tenant) == (None, None)


def test_events_of_a_configuration_that_is_off_are_kept(
    post: Any, acme_configuration: SmsConfiguration
) -> None:
    acme_configuration.endpoint.enabled = False
    acme_configuration.endpoint.save()
    assert post([EVENT]).status_code == 200
    assert WebhookEvent.objects.count() == 1


def test_without_the_database_the_carrier_is_asked_to_come_again(
    post: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("the database system is shutting down")

    monkeypatch.setattr("providers.storing.store", down)
    response = post([EVENT])
    assert response.status_code == 503
    assert response["Retry-After"] == "5"


def test_a_body_that_ends_early_is_refused(client: Client, hook: str) -> None:
    cut = json.dumps([EVENT]).encode()[:100]
    response = client.generic(
        "POST",
        hook,
        b"",
        headers=SIGNED,
        **{"CONTENT_LENGTH": "700", "wsgi.input": io.BytesIO(cut)},
    )
    assert response.status_code == 400
    assert b"ended early" in response.content


@pytest.mark.parametrize(
    ("body", "status"),
    [(json.dumps([EVENT]).encode(), 200), (b"[" + b" " * (1024 * 1024) + b"]", 413)],
    ids=["small", "over the limit"],
)
def test_a_body_in_chunks_is_read(client: Client, hook: str, body: bytes, status: int) -> None:
    response = client.generic(
        "POST",
        hook,
        body,
        content_type="application/json",
        headers={**SIGNED, "Transfer-Encoding": "chunked"},
        **{"CONTENT_LENGTH": "", "wsgi.input": io.BytesIO(body)},
    )
    assert response.status_code == status
    assert WebhookEvent.objects.count() == (status == 200)


def test_a_database_that_hangs_is_not_waited_for(
    post: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.WEBHOOK_DEADLINE = 0.05
    answers = threading.Event()
    monkeypatch.setattr("providers.doors.find_endpoint", lambda token: answers.wait(30))
    monkeypatch.setattr("providers.door_news.listen", lambda forget: None)
    try:
        response = post([EVENT])
    finally:
        answers.set()
    assert response.status_code == 503
    assert response["Retry-After"] == "5"


def test_work_that_is_done_in_time_gives_its_result_or_its_error() -> None:
    assert within(5, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)


def test_without_the_queue_events_are_still_stored(
    post: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def down(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("no such socket")

    monkeypatch.setattr("providers.bell.current_app.send_task", down)
    assert post([EVENT]).status_code == 200
    assert WebhookEvent.objects.get().state == "pending"
    bell.ring_now()
    assert "the sweep will route" in caplog.text


def test_bodies_and_credentials_stay_out_of_the_log(
    post: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        post([EVENT])
        post(b"Order ready", basic("bw", "wrong-Canary"))
    assert "Order ready" not in caplog.text
    assert "Canary" not in caplog.text
