"""OAuth 2.0 client credentials: one token for everybody, renewed in time."""

from __future__ import annotations

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import responses

from providers.bandwidth.auth import OAuth2, TokenCache
from providers.bandwidth.provider import BandwidthProvider
from providers.errors import AccountProblem, ProviderError, TemporaryFailure
from providers.types import AuthMethod
from tests.providers.bandwidth.addresses import MESSAGES, TOKEN
from tests.providers.contract.cases import ACCOUNT, MESSAGE, SECRET

ACCEPTED: dict[str, Any] = {"status": 202, "json": {"id": "1", "segmentCount": 1}}


def grant(token: str = "t1", **extra: object) -> dict[str, object]:
    return {"access_token": token, "token_type": "Bearer", "expires_in": 3600, **extra}


def used_tokens(carrier: responses.RequestsMock) -> list[str]:
    return [
        call.request.headers["Authorization"]
        for call in carrier.calls
        if (call.request.url or "").startswith(MESSAGES)
    ]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time as the token cache sees it; add to its only element."""
    now = [1000.0]
    monkeypatch.setattr("providers.bandwidth.auth.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_a_token_is_fetched_as_documented(
    oauth: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.post(TOKEN, json=grant())
    carrier.post(MESSAGES, **ACCEPTED)
    oauth.send(MESSAGE)
    request = carrier.calls[0].request
    assert request.body == b"grant_type=client_credentials"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    pair = base64.b64decode(request.headers["Authorization"].removeprefix("Basic "))
    assert pair == f"user:{SECRET}".encode()
    assert used_tokens(carrier) == ["Bearer t1"]


def test_a_token_is_shared_by_all_adapters_of_a_client(carrier: responses.RequestsMock) -> None:
    carrier.post(TOKEN, json=grant())
    carrier.post(MESSAGES, **ACCEPTED)
    account = replace(ACCOUNT, auth_method=AuthMethod.OAUTH2)
    for _ in range(3):
        BandwidthProvider(account).send(MESSAGE)
    assert carrier.assert_call_count(TOKEN, 1)


def test_a_changed_secret_does_not_use_the_old_token(carrier: responses.RequestsMock) -> None:
    carrier.post(TOKEN, json=grant())
    carrier.post(TOKEN, status=401)
    carrier.post(MESSAGES, **ACCEPTED)
    account = replace(ACCOUNT, auth_method=AuthMethod.OAUTH2)
    BandwidthProvider(account).send(MESSAGE)
    with pytest.raises(AccountProblem):
        BandwidthProvider(replace(account, password="wrong")).send(MESSAGE)


def test_a_token_is_renewed_a_minute_early(
    oauth: BandwidthProvider, carrier: responses.RequestsMock, clock: list[float]
) -> None:
    carrier.post(TOKEN, json=grant("t1"))
    carrier.post(TOKEN, json=grant("t2"))
    carrier.post(MESSAGES, **ACCEPTED)
    oauth.send(MESSAGE)
    clock[0] += 3539
    oauth.send(MESSAGE)
    clock[0] += 2
    oauth.send(MESSAGE)
    assert used_tokens(carrier) == ["Bearer t1", "Bearer t1", "Bearer t2"]


@pytest.mark.parametrize("lifetime", [None, "3600", -5, float("inf"), True])
def test_a_token_without_a_sane_lifetime_lasts_an_hour(
    lifetime: object, oauth: BandwidthProvider, carrier: responses.RequestsMock, clock: list[float]
) -> None:
    carrier.post(TOKEN, json=grant("t1", expires_in=lifetime))
    carrier.post(TOKEN, json=grant("t2"))
    carrier.post(MESSAGES, **ACCEPTED)
    oauth.send(MESSAGE)
    clock[0] += 3500
    oauth.send(MESSAGE)
    clock[0] += 100
    oauth.send(MESSAGE)
    assert used_tokens(carrier) == ["Bearer t1", "Bearer t1", "Bearer t2"]


def test_a_refused_token_is_replaced_once(
    oauth: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.post(TOKEN, json=grant("stale"))
    carrier.post(TOKEN, json=grant("fresh"))
    carrier.post(MESSAGES, status=401)
    carrier.post(MESSAGES, **ACCEPTED)
    assert oauth.send(MESSAGE).provider_message_id == "1"
    assert used_tokens(carrier) == ["Bearer stale", "Bearer fresh"]


def test_a_fresh_token_that_is_refused_too_is_an_account_problem(
    oauth: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.post(TOKEN, json=grant())
    carrier.post(MESSAGES, status=401)
    with pytest.raises(AccountProblem, match="client ID and secret"):
        oauth.send(MESSAGE)
    carrier.assert_call_count(MESSAGES, 2)


def test_basic_credentials_are_not_tried_twice(
    basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.post(MESSAGES, status=401)
    with pytest.raises(AccountProblem):
        basic.send(MESSAGE)
    carrier.assert_call_count(MESSAGES, 1)


@dataclass(frozen=True)
class Refusal:
    label: str
    answer: dict[str, Any]
    error: type[ProviderError]


@pytest.mark.parametrize(
    "case",
    [
        Refusal(
            "bad request", {"status": 400, "json": {"error": "invalid_client"}}, AccountProblem
        ),
        Refusal("unauthorized", {"status": 401, "body": SECRET}, AccountProblem),
        Refusal("forbidden", {"status": 403}, AccountProblem),
        Refusal("wrong address", {"status": 404}, AccountProblem),
        Refusal(
            "redirect",
            {"status": 302, "headers": {"Location": "https://evil.example"}},
            AccountProblem,
        ),
        Refusal("too many", {"status": 429, "headers": {"Retry-After": "9"}}, TemporaryFailure),
        Refusal("fault", {"status": 503}, TemporaryFailure),
        Refusal("silence", {"body": requests.ReadTimeout()}, TemporaryFailure),
        Refusal("dropped", {"body": requests.ConnectionError()}, TemporaryFailure),
        Refusal("HTML", {"status": 200, "body": "<html>"}, TemporaryFailure),
        Refusal("no token", {"status": 200, "json": {}}, TemporaryFailure),
        Refusal(
            "odd token", {"status": 200, "json": {"access_token": "a\r\nX: y"}}, TemporaryFailure
        ),
        Refusal("two words", {"status": 200, "json": {"access_token": "a b"}}, TemporaryFailure),
    ],
    ids=lambda case: case.label,
)
def test_a_failed_sign_in_sends_nothing(
    case: Refusal, oauth: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.post(TOKEN, **case.answer)
    with pytest.raises(ProviderError) as caught:
        oauth.send(MESSAGE)
    assert type(caught.value) is case.error
    assert SECRET not in repr(caught.value)


def test_many_threads_fetch_one_token(
    oauth: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.post(TOKEN, json=grant())
    carrier.post(MESSAGES, **ACCEPTED)
    threads = [threading.Thread(target=oauth.send, args=(MESSAGE,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    carrier.assert_call_count(TOKEN, 1)
    carrier.assert_call_count(MESSAGES, 8)


def test_who_waits_for_a_sign_in_that_fails_does_not_try_it_again() -> None:
    tokens, asked, go = TokenCache(), [], threading.Event()

    class Slow(OAuth2):
        def fetch(self) -> Any:
            asked.append(True)
            go.wait(5)
            raise TemporaryFailure("No answer.", retry_after=7)

    auth = Slow(client_id="c", secret=SECRET, token_url=TOKEN, timeout=(1, 1))

    def wait_for_it() -> float | None:
        with pytest.raises(TemporaryFailure) as failed:
            tokens.get(auth)
        return failed.value.retry_after

    with ThreadPoolExecutor(5) as threads:
        waiting = [threads.submit(wait_for_it) for _ in range(5)]
        threading.Event().wait(0.1)  # all of them have asked by then
        go.set()
        assert [each.result() for each in waiting] == [7] * 5
    assert len(asked) == 1
    wait_for_it()
    assert len(asked) == 2
