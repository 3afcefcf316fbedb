"""Behind a proxy the address is what that proxy has seen, not what the client writes."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse

from config.proxy import ClientAddressMiddleware


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
