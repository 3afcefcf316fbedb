"""Behind a proxy the address is what that proxy has seen, not what the client writes."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client

from config.proxy import ClientAddressMiddleware
from tests.conftest import PASSWORD

LOGIN = "/accounts/login/"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        pytest.param("203.0.113.7", "203.0.113.7", id="one"),
        pytest.param("10.9.9.9, 203.0.113.7", "203.0.113.7", id="the client wrote one too"),
        pytest.param("2001:db8::1", "2001:db8::1", id="IPv6"),
        pytest.param("10.9.9.9, nonsense", "127.0.0.1", id="not an address"),
        pytest.param("", "127.0.0.1", id="none"),
        pytest.param(None, "127.0.0.1", id="no header"),
    ],
)
def test_the_proxys_word_counts(written: str | None, address: str) -> None:
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "127.0.0.1"
    if written is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = written
    ClientAddressMiddleware(lambda _: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == address


@pytest.fixture
def behind_a_proxy(settings: Any) -> None:
    settings.MIDDLEWARE = ["config.proxy.ClientAddressMiddleware", *settings.MIDDLEWARE]


def _guess(email: str, *written: str, password: str = "guess") -> bool:
    """Try a password, with what the client wrote before the address that the proxy saw."""
    form = {"login": email, "password": password}
    answer = Client().post(LOGIN, form, HTTP_X_FORWARDED_FOR=", ".join(written))
    return answer.status_code == 302


@pytest.mark.usefixtures("behind_a_proxy")
def test_a_guesser_who_writes_other_addresses_is_still_the_same_and_blames_nobody(
    alice: Any, bob: Any
) -> None:
    for n in range(10):
        _guess(f"p{n}@example.com", f"10.0.0.{n}", "203.0.113.7")
    assert not _guess(alice.email, "198.51.100.1", "203.0.113.7", password=PASSWORD)
    # Whose address was written meanwhile signs in, from behind the same proxy.
    assert _guess(bob.email, "10.0.0.9", password=PASSWORD)
    assert _guess(alice.email, "198.51.100.1", password=PASSWORD)
