"""Guessing ends after a few tries, and shuts out the guesser rather than everybody."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.core.internal import ratelimit
from django.test import Client

from tests.conftest import PASSWORD

LOGIN, SECOND_STEP = "/accounts/login/", "/accounts/2fa/authenticate/"
ELSEWHERE = "198.51.100.7"
TOO_MANY = "Too many wrong attempts"


def _try(email: str, password: str, **more: str) -> Any:
    return Client().post(LOGIN, {"login": email, "password": password}, **more)


def _is_in(response: Any) -> bool:
    return bool(response.status_code == 302)


@pytest.fixture
def guessed(alice: Any) -> None:
    """Somebody elsewhere has tried five passwords of Alice's."""
    for n in range(5):
        answer = _try(alice.email, f"guess {n}", REMOTE_ADDR=ELSEWHERE)
        assert TOO_MANY not in answer.content.decode()


@pytest.mark.usefixtures("guessed")
def test_the_sixth_guess_is_not_looked_at_even_if_it_is_right(alice) -> None:
    answer = _try(alice.email, PASSWORD, REMOTE_ADDR=ELSEWHERE)
    assert not _is_in(answer)
    assert TOO_MANY in answer.content.decode()


@pytest.mark.usefixtures("guessed")
@pytest.mark.parametrize("case", ["upper", "forwarded"])
def test_another_spelling_or_a_forged_address_is_no_way_around(case, alice) -> None:
    email = alice.email.upper() if case == "upper" else alice.email
    more = {"HTTP_X_FORWARDED_FOR": "203.0.113.9"} if case == "forwarded" else {}
    assert not _is_in(_try(email, PASSWORD, REMOTE_ADDR=ELSEWHERE, **more))


@pytest.mark.usefixtures("guessed")
def test_others_sign_in_and_whoever_is_in_stays(alice, bob, signed_in) -> None:
    assert _is_in(_try(bob.email, PASSWORD, REMOTE_ADDR=ELSEWHERE))
    assert signed_in(alice).get("/t/acme/").status_code == 200


@pytest.mark.usefixtures("guessed")
def test_after_five_minutes_it_is_looked_at_again(alice, monkeypatch) -> None:
    now = ratelimit.time.time() + 301
    monkeypatch.setattr(ratelimit.time, "time", lambda: now)
    assert _is_in(_try(alice.email, PASSWORD, REMOTE_ADDR=ELSEWHERE))


def test_one_address_tries_the_passwords_of_ten_people_at_most(alice) -> None:
    for n in range(10):
        _try(f"p{n}@example.com", "guess", REMOTE_ADDR=ELSEWHERE)
    assert not _is_in(_try(alice.email, PASSWORD, REMOTE_ADDR=ELSEWHERE))
    assert _is_in(_try(alice.email, PASSWORD))


def test_codes_of_the_second_step_are_not_guessed(root, monkeypatch) -> None:
    client = Client()
    client.post(LOGIN, {"login": root.email, "password": PASSWORD})
    for n in range(5):
        assert TOO_MANY not in client.post(SECOND_STEP, {"code": f"00000{n}"}).content.decode()
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.validate_totp_code", lambda *_, **__: True)
    answer = client.post(SECOND_STEP, {"code": "123456"})
    assert answer.status_code == 200
    assert TOO_MANY in answer.content.decode()
