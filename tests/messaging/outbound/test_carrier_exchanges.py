"""What is kept of the requests to the carrier: enough to see what went wrong, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import responses

from messaging.delivery import exchange_log
from messaging.delivery.attempt import deliver
from messaging.models import CarrierExchange, Message, SmsConfiguration
from providers.bandwidth.auth import TOKENS
from tests.messaging.outbound.conftest import Write

ROOT = "https://messaging.bandwidth.com/api/v2/users/9900001"
TOKEN_URL = "https://api.bandwidth.com/api/v1/oauth2/token"
TEXT = 'Canary "text" für Dana\n+ more'


@pytest.fixture(autouse=True)
def _bandwidth(settings: Any) -> None:
    settings.PROVIDERS = {"bandwidth": "providers.bandwidth.provider.BandwidthProvider"}
    settings.PROVIDER_OPTIONS = {
        "bandwidth": {
            "base_url": "https://messaging.bandwidth.com/api/v2",
            "token_url": TOKEN_URL,
        }
    }
    TOKENS.clear()


def _kept(message: Message) -> str:
    rows = CarrierExchange.objects.filter(message=message)
    return "\n".join(f"{row.address} {row.request} {row.response}" for row in rows)


@responses.activate
def test_a_request_and_its_answer_are_kept(write: Write) -> None:
    responses.post(f"{ROOT}/messages", status=202, json={"id": "bw-1", "segmentCount": 1})
    message = write(text=TEXT)

    deliver(message.pk)

    row = CarrierExchange.objects.get(message=message)
    assert (row.method, row.address, row.status) == ("POST", f"{ROOT}/messages", 202)
    assert f'"text": "({len(TEXT)} characters)"' in row.request
    assert '"id": "bw-1"' in row.response


@responses.activate
def test_neither_text_nor_secret_is_kept(write: Write) -> None:
    # An answer that repeats all it was told.
    def repeat(request: Any) -> tuple[int, dict[str, str], str]:
        said = [request.headers["Authorization"], "s3cret-Canary", TEXT, request.body.decode()]
        body = requests.compat.json.dumps({"text": TEXT, "description": " ".join(said)})
        return 400, {}, body

    responses.add_callback("POST", f"{ROOT}/messages", callback=repeat)
    message = write(text=TEXT)

    deliver(message.pk)

    kept = _kept(message)
    assert "description" in kept
    for secret in ("Canary", "dXNlcjp", "Basic dX"):
        assert secret not in kept


@responses.activate
def test_signing_in_is_not_kept(write: Write, acme_configuration: SmsConfiguration) -> None:
    acme_configuration.auth_method = "oauth2"
    acme_configuration.save()
    token = {"access_token": "token-Canary", "expires_in": 3600}
    responses.post(TOKEN_URL, json=token)
    responses.post(f"{ROOT}/messages", status=401, json={"description": "token-Canary is old"})
    responses.post(f"{ROOT}/messages", status=202, json={"id": "bw-1"})
    message = write()

    deliver(message.pk)

    rows = CarrierExchange.objects.filter(message=message)
    assert [(row.address, row.status) for row in rows] == [
        (f"{ROOT}/messages", 401),
        (f"{ROOT}/messages", 202),
    ]
    assert "Canary" not in _kept(message)


@responses.activate
def test_a_refused_sign_in_is_no_request_for_the_message(
    write: Write, acme_configuration: SmsConfiguration
) -> None:
    acme_configuration.auth_method = "oauth2"
    acme_configuration.save()
    responses.post(TOKEN_URL, status=401)
    message = write()

    deliver(message.pk)

    assert not CarrierExchange.objects.exists()
    message.refresh_from_db()
    assert message.status == "failed"


@responses.activate
def test_a_lost_connection_is_kept_without_a_status(write: Write) -> None:
    responses.post(f"{ROOT}/messages", body=requests.ReadTimeout())
    message = write()

    deliver(message.pk)

    row = CarrierExchange.objects.get(message=message)
    assert (row.status, row.response) == (None, "")
    message.refresh_from_db()
    assert message.status == "unconfirmed"


@responses.activate
def test_a_long_or_strange_answer_is_cut(write: Write) -> None:
    responses.post(f"{ROOT}/messages", status=400, json={"description": "x" * 9000})
    responses.post(f"{ROOT}/messages", status=503, body="<html>Canary</html>")
    first, second = write(), write()

    deliver(first.pk)
    deliver(second.pk)

    assert len(CarrierExchange.objects.get(message=first).response) == 2000
    assert CarrierExchange.objects.get(message=second).response == "(19 bytes)"


@responses.activate
def test_the_last_twenty_are_kept(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange_log, "MOST", 3)
    responses.post(f"{ROOT}/messages", status=503)
    message = write()

    for _ in range(5):
        deliver(message.pk)
        Message.objects.filter(pk=message.pk).update(next_attempt_at=None)

    ids = list(CarrierExchange.objects.filter(message=message).values_list("pk", flat=True))
    assert len(ids) == 3
    assert max(ids) - min(ids) == 2
