"""Whatever is sent to the API, the answer is a 4xx in JSON: never a 5xx, never a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client

from messaging.models import MessageSetting

BASE = "/t/acme/api/v1/"
NOUNS = ["sms-configurations", "extensions", "message-settings", "messages", "opt-outs", "contacts"]

# One value for each field of the noun, wrong for all of them.
FIELDS = {
    "sms-configurations": [
        "name",
        "trunk",
        "sender_id",
        "account_id",
        "application_id",
        "auth_method",
        "username",
        "password",
        "callback_username",
        "callback_password",
        "enabled",
    ],
    "extensions": ["number", "name", "email", "sms_permission"],
    "message-settings": ["phone_number", "provider", "extension", "email", "enabled"],
    "messages": ["from", "to", "text", "media", "scheduled_at", "send_individually"],
    "opt-outs": ["our_number", "number"],
    "contacts": ["number", "name"],
}
WRONG = {
    "object": '{"a": 1}',
    "list of objects": '[{"a": [null]}]',
    "NUL": r'"a\u0000b"',
    "half a surrogate pair": r'"a\ud800b"',
    "infinite number": "1e400",
    "huge integer": "9" * 4000,
    "integer beyond bigint": "9" * 25,
    "negative": "-1",
    "very long text": '"' + "x" * 100_000 + '"',
}
BODIES = {
    "no JSON": b"{",
    "empty": b"",
    "broken UTF-8": b'{"name": "\xff\xfe"}',
    "a list": b"[]",
    "a list of lists": b"[[[]]]",
    "a string": b'"x"',
    "null": b"null",
    "a number": b"1",
    "NaN": b'{"name": NaN}',
    "infinite number": b'{"name": 1e400}',
    "too many digits": b'{"name": ' + b"9" * 5000 + b"}",
    "nested too deeply": b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "NUL as a name": rb'{"a\u0000": 1}',
    "half a surrogate pair as a name": rb'{"\udfff": 1}',
    "unknown field": b'{"misspelt": 1}',
}


@pytest.fixture
def admin(api: Any, alice: Any, acme_line: MessageSetting) -> Client:
    client: Client = api(alice)
    client.raise_request_exception = False
    return client


def _is_a_json_refusal(answer: Any) -> bool:
    return (
        400 <= answer.status_code < 500
        and answer["Content-Type"] == "application/json"
        and bool(answer.json())
    )


def _taken(client: Client, noun: str, bodies: Mapping[str, str | bytes]) -> dict[str, int]:
    """Post every body in turn; return the status of those that were not refused as they should."""
    answers = {
        name: client.post(f"{BASE}{noun}/", body, content_type="application/json")
        for name, body in bodies.items()
    }
    return {n: a.status_code for n, a in answers.items() if not _is_a_json_refusal(a)}


@pytest.mark.parametrize("noun", NOUNS)
def test_a_broken_body_is_refused(admin, noun) -> None:
    assert not _taken(admin, noun, BODIES)


@pytest.mark.parametrize("noun", NOUNS)
def test_a_wrong_value_is_refused(admin, noun) -> None:
    bodies = {
        f"{field}: {kind}": f'{{"{field}": {value}}}'
        for field in FIELDS[noun]
        for kind, value in WRONG.items()
    }
    assert not _taken(admin, noun, bodies)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", '["\\u0000"]'),
        ("to", '["+15125550301", null]'),
        ("to", "[]"),
        ("to", str(["+15125550301"] * 500).replace("'", '"')),
        ("text", '"a\\u0000b"'),
        ("media", '["x"]'),
        ("media", "[1e300]"),
        ("media", '["93de2206-9669-4e07-948d-329f4b722ee2", 7]'),
        ("scheduled_at", '"tomorrow"'),
        ("scheduled_at", '"2026-02-30T00:00:00Z"'),
        ("scheduled_at", '"0001-01-01T00:00:00+14:00"'),
        ("scheduled_at", '"9999-12-31T23:59:59-14:00"'),
        ("from", "[]"),
    ],
)
def test_a_message_that_is_nearly_right_is_refused(admin, field, value) -> None:
    right = {"to": '["+15125550301"]', "text": '"Hi"'} | {field: value}
    body = "{" + ", ".join(f'"{key}": {text}' for key, text in right.items()) + "}"
    answer = admin.post(f"{BASE}messages/", body, content_type="application/json")
    assert _is_a_json_refusal(answer), (answer.status_code, answer.content[:200])
    assert set(answer.json()) in ({field}, {"code", "detail"})


@pytest.mark.parametrize(
    "path",
    [
        "conversations/?q=%00",
        "conversations/?extension=a%00",
        "conversations/?%00=1",
        "conversations/?cursor=x",
        "conversations/?number=%00",
        "contacts/?page=0",
        "contacts/?page=" + "9" * 5000,
        "messages/?number=%00",
        "messages/?provider_message_id=%00",
        "messages/?after=x",
        "messages/?page=%ff",
        "contacts/?q=%00",
        "messages/not-a-uuid/",
        "messages/93de2206966-94e07948d329f4b722ee2-/",
        "messages/93de2206-9669-4e07-948d-329f4b722ee2/",
        "media/93de2206-9669-4e07-948d-329f4b722ee2/content/",
        "conversations/999999999999999999/",
        "conversations/" + "9" * 400 + "/",
        "conversations/%00/",
        "extensions/%D9%A1/",
        "nothing/",
        "messages",
        "",
        "extensions/1/../2/",
    ],
)
def test_a_wrong_address_or_query_is_refused(admin, path) -> None:
    answer = admin.get(f"{BASE}{path}")
    assert _is_a_json_refusal(answer), (answer.status_code, answer.content[:200])


@pytest.mark.parametrize(
    "cursor",
    ["x", "%00", "cD1ub3QrYStkYXRl", "cD0lMDA=", "bz05OTk5OTk5OTk5OTk5", "cD0wMDAwLTAwLTAw"],
)
def test_a_made_up_cursor_is_refused(admin, acme, make_message, cursor) -> None:
    message = make_message(acme, "Hi")
    url = f"{BASE}conversations/{message.conversation_id}/messages/?cursor={cursor}"
    answer = admin.get(url)
    assert answer.status_code < 500
    assert answer["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "query",
    ["after=0001-01-01T00:00:00%2B14:00", "before=9999-12-31T23:59:59-14:00", "unread=maybe"],
)
def test_an_odd_filter_does_no_harm(admin, acme, make_message, query) -> None:
    make_message(acme, "Hi")
    assert admin.get(f"{BASE}messages/?{query}").status_code < 500
    assert admin.get(f"{BASE}conversations/?{query}").status_code < 500


@pytest.mark.parametrize("content_type", ["text/xml", "application/x-www-form-urlencoded", "x"])
def test_another_kind_of_body_is_refused(admin, content_type) -> None:
    answer = admin.post(f"{BASE}extensions/", b"<a/>", content_type=content_type)
    assert answer.status_code == 415
    assert _is_a_json_refusal(answer)


@pytest.mark.parametrize(
    "body",
    [b"", b"--x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--x--\r\n'],
)
def test_a_broken_form_is_refused(admin, body) -> None:
    answer = admin.post(f"{BASE}media/", body, content_type="multipart/form-data; boundary=x")
    assert _is_a_json_refusal(answer)


def test_a_form_of_too_many_fields_is_refused(admin) -> None:
    answer = admin.post(f"{BASE}media/", {f"f{n}": "1" for n in range(2000)})
    assert _is_a_json_refusal(answer)


def test_a_body_over_the_limit_is_refused(admin, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = {"number": "+15125550300", "name": "x" * 2000}
    answer = admin.post(f"{BASE}contacts/", body, content_type="application/json")
    assert answer.status_code == 413
    assert _is_a_json_refusal(answer)


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "head", "trace"])
@pytest.mark.parametrize("path", ["conversations/", "messages/", "media/", "docs/", "nothing/"])
def test_a_wrong_method_does_no_harm(admin, method, path) -> None:
    assert getattr(admin, method)(f"{BASE}{path}").status_code < 500
