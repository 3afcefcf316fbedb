"""Whatever is sent to the platform's API, the answer is a 4xx in JSON."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tenants.models import PhoneNumber

BASE = "/api/v1/"
FIELDS = {
    "tenants": ["name", "slug", "timezone", "country", "is_active", "messaging_enabled"],
    "trunks": ["name", "provider", "hostname", "tenant", "enabled"],
    "phone-numbers": ["number", "trunk", "tenant", "kind", "registration", "is_main"],
    "memberships": ["email", "name", "password", "tenant", "role", "extension", "is_active"],
}
# Right in all other fields, so that the wrong one is what is refused.
RIGHT: dict[str, dict[str, str]] = {
    "tenants": {"name": '"New"', "slug": '"newcomer"'},
    "trunks": {"name": '"New"'},
    "phone-numbers": {"number": '"+19195550177"', "tenant": '"acme"'},
    "memberships": {"email": '"new@acme.example"', "tenant": '"acme"', "role": '"admin"'},
}
WRONG = {
    "object": '{"a": 1}',
    "list": '[{"a": [null]}]',
    "NUL": r'"a\u0000b"',
    "half a surrogate pair": r'"a\ud800b"',
    "infinite number": "1e400",
    "huge integer": "9" * 4000,
    "integer beyond bigint": "9" * 25,
    "very long text": '"' + "x" * 100_000 + '"',
}
BODIES = {
    "no JSON": b"{",
    "broken UTF-8": b'{"name": "\xff\xfe"}',
    "list": b"[]",
    "string": b'"x"',
    "null": b"null",
    "nested too deeply": b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}",
}


@pytest.fixture
def admin(api: Any, root: Any, acme_number: PhoneNumber) -> Client:
    client: Client = api(root)
    client.raise_request_exception = False
    return client


def _is_a_json_refusal(answer: Any) -> bool:
    return (
        400 <= answer.status_code < 500
        and answer["Content-Type"] == "application/json"
        and bool(answer.json())
    )


@pytest.mark.parametrize("noun", FIELDS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_broken_body_is_refused(admin: Client, noun: str, body: bytes) -> None:
    answer = admin.post(f"{BASE}{noun}/", body, content_type="application/json")
    assert _is_a_json_refusal(answer), (answer.status_code, answer.content[:200])


@pytest.mark.parametrize(
    ("noun", "field"), [(noun, field) for noun, fields in FIELDS.items() for field in fields]
)
def test_a_wrong_value_is_refused(
    admin: Client, acme_number: PhoneNumber, noun: str, field: str
) -> None:
    taken = {}
    for kind, value in WRONG.items():
        fields = {**RIGHT[noun], field: value}
        if noun == "phone-numbers":
            fields.setdefault("trunk", str(acme_number.trunk_id))
        body = "{" + ", ".join(f'"{key}": {text}' for key, text in fields.items()) + "}"
        answer = admin.post(f"{BASE}{noun}/", body, content_type="application/json")
        if not _is_a_json_refusal(answer):
            taken[kind] = (answer.status_code, answer.content[:200])
    assert not {k: v for k, v in taken.items() if not _is_taken_for_text(field, k, v[0])}


def _is_taken_for_text(field: str, kind: str, status: int) -> bool:
    """A text field takes a number for its digits, as DRF does everywhere."""
    is_text = field in {"name", "slug", "hostname", "extension", "password"}
    return is_text and status in (201, 202) and kind == "integer beyond bigint"


@pytest.mark.parametrize(
    "path",
    [
        "webhook-events/?type=%00",
        "webhook-events/?%00=1",
        "webhook-events/?page=" + "9" * 5000,
        "webhook-events/" + "9" * 400 + "/",
        "phone-numbers/?number=%00",
        "phone-numbers/?trunk=" + "9" * 30,
        "trunks/999999999999999999/",
        "trunks/" + "9" * 25 + "/",
        "tenants/%00/",
        "memberships/?email=%00",
        "nothing/",
    ],
)
def test_a_wrong_address_or_query_is_refused(admin: Client, path: str) -> None:
    answer = admin.get(f"{BASE}{path}")
    assert _is_a_json_refusal(answer), (answer.status_code, answer.content[:200])


@pytest.mark.parametrize("path", ["docs/", "schema/", "tenants/"])
def test_options_is_answered(admin: Client, path: str) -> None:
    assert admin.options(f"{BASE}{path}").status_code < 500
