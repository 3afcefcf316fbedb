"""A secret that went in comes out nowhere: in no answer, no log line, no history."""

from __future__ import annotations

import logging
from typing import Any

from auditlog.models import LogEntry

URL = "/t/acme/api/v1/sms-configurations/"
SECRETS = ("s3cret-Canary", "cb-Canary", "n3w-Canary")


def test_a_secret_is_in_no_answer_and_no_log(api, alice, acme, inside, trunk, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    client = api(alice)
    body: dict[str, Any] = {
        "name": "Main",
        "trunk": trunk.pk,
        "account_id": "9900001",
        "application_id": "93de2206",
        "auth_method": "basic",
        "username": "user",
        "password": "s3cret-Canary",
        "callback_username": "bw",
        "callback_password": "cb-Canary",
    }
    as_json = {"content_type": "application/json"}
    made = client.post(URL, body, **as_json)
    url = f"{URL}{made.json()['id']}/"
    answers = [
        made,
        client.post(URL, body, **as_json),
        client.post(URL, body | {"password": ["s3cret-Canary"], "trunk": "x"}, **as_json),
        client.post(URL, body | {"callback_username": ""}, **as_json),
        client.get(URL),
        client.get(url),
        client.put(url, body, **as_json),
        client.patch(url, {"password": "n3w-Canary"}, **as_json),
        client.options(url),
        client.delete(url),
    ]
    assert [a.status_code for a in answers] == [201, 400, 400, 400, 200, 200, 200, 200, 200, 204]
    with inside(acme):
        history = [str(vars(row)) for row in LogEntry.objects.all()]
        assert len(history) == 3
    seen = "".join(a.content.decode() for a in answers) + caplog.text + "".join(history)
    assert "Main" in seen
    assert not [secret for secret in SECRETS if secret in seen]
