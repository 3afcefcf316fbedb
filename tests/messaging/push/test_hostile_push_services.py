"""A push service that means harm costs ten seconds at most, and leads nowhere."""

from __future__ import annotations

import socket
import tracemalloc
from typing import Any

import pytest
import requests

from messaging.models import PushSubscription
from messaging.push import keys, sending
from messaging.push.content import Notice, trial
from messaging.push.sending import Answer, Parcel, Session, deliver
from providers import outgoing
from tests.providers.hostile import OK, bomb, drip, pour, say, witness
from tests.providers.servers import Script, scripted

MEGABYTE = 1024 * 1024
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_LOOK_UP = socket.getaddrinfo  # the names' real addresses, which other tests of push never ask for


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def _loopback_counts_as_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _LOOK_UP)
    monkeypatch.setattr(outgoing, "is_public", lambda address: True)
    monkeypatch.setattr(sending, "_LONGEST", 0.2)


@pytest.mark.usefixtures("_loopback_counts_as_public")
@pytest.mark.parametrize(
    "script",
    [drip(OK + b"X-Endless: ", b"x"), drip(OK, b"X: y\r\n"), drip(b"HTTP/1.1 2", b"0")],
    ids=["a header", "headers", "the status"],
)
def test_no_slow_answer_is_waited_for(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(script) as url, Session() as session, pytest.raises(requests.RequestException):
        session.post(url, b"x", timeout=5)


@pytest.mark.usefixtures("_loopback_counts_as_public")
def test_no_answer_is_read_or_unpacked() -> None:
    poured: list[int] = []
    endless = pour(b"HTTP/1.1 500 No\r\n\r\n", most=64 * MEGABYTE, poured=poured)
    exploding = say(bomb(64 * MEGABYTE))
    tracemalloc.start()
    try:
        for script, status in ((endless, 500), (exploding, 200)):
            with scripted(script) as url, Session() as session:
                answer = session.post(url, b"x", timeout=5)
                assert (answer.status_code, answer.text) == (status, "")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MEGABYTE
    assert poured[0] < 32 * MEGABYTE


@pytest.mark.usefixtures("_loopback_counts_as_public")
def test_no_redirect_is_followed() -> None:
    with witness() as other:
        to = f"http://127.0.0.1:{other.port}/latest/meta-data/"
        moved = f"HTTP/1.1 307 Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()
        with scripted(say(moved)) as url, Session() as session:
            assert session.post(url, b"x", timeout=5).status_code == 307
    assert other.heard == []


def test_a_name_that_leads_inside_at_the_second_look_is_told_nothing(
    turned_on: Any, bob: Any, acme: Any, inside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned_on(bob, acme)
    looks: list[str] = []

    with witness() as listener:

        def rebound(host: str, *_: Any, **__: Any) -> list[Any]:
            looks.append(host)
            address = ("142.250.1.95", 443) if len(looks) == 1 else ("127.0.0.1", listener.port)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)]

        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        with inside(acme):
            notice: Notice = trial(acme)
            parcel = Parcel(subscription=PushSubscription.objects.get(), notice=notice)
            assert deliver([parcel], keys.signing_key()) == [Answer.FAILED]
    assert looks == ["fcm.googleapis.com"] * 2
    assert b"".join(listener.heard) == b""
