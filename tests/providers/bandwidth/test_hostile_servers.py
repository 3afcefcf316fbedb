"""Whoever answers in Bandwidth's place gets little of our time and memory, and no credentials."""

from __future__ import annotations

import socket
import threading
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from providers.bandwidth import media, transport
from providers.bandwidth.provider import BandwidthProvider
from providers.bandwidth.sessions import _is_bandwidth
from providers.errors import (
    AccountProblem,
    MediaUnavailable,
    OutcomeUnknown,
    ProviderError,
    TemporaryFailure,
)
from providers.types import Account, AuthMethod, MediaFile
from tests.providers.contract.cases import ACCOUNT, MESSAGE
from tests.providers.hostile import OK, bomb, drip, pour, say, sip, witness
from tests.providers.servers import Script, scripted

MEGABYTE = 1024 * 1024
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
FILE = "users/9900001/media/a.png"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
DRIPS = {
    "a header": drip(OK + b"X-Endless: ", b"x"),
    "one header after the other": drip(OK, b"X: y\r\n"),
    "be patient": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "the body": drip(OK + b"Content-Length: 100000\r\n\r\n", b"x"),
    "a chunk's size": drip(CHUNKED, b"0"),
    "trailers": drip(CHUNKED + b"0\r\n", b"X: y\r\n"),
    "the status": drip(b"HTTP/1.1 200 ", b"x"),
}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def at(base_url: str, account: Account = ACCOUNT, **options: Any) -> BandwidthProvider:
    return BandwidthProvider(account, base_url=base_url, timeout=(0.5, 0.5), **options)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of a second is all there is."""
    monkeypatch.setattr(media, "SECONDS_LIMIT", -0.8)
    monkeypatch.setattr(transport, "ANSWER_SECONDS", -0.8)
    monkeypatch.setitem(transport.exchange.__kwdefaults__, "seconds", -0.8)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("script", DRIPS.values(), ids=DRIPS.keys())
def test_no_slow_answer_is_waited_for(script: Script) -> None:
    with scripted(script) as base_url, pytest.raises(TemporaryFailure):
        at(base_url).fetch_media(f"{base_url}/{FILE}")


@pytest.mark.usefixtures("impatient")
def test_whoever_reads_slowly_is_not_waited_for() -> None:
    file = MediaFile(content=bytes(32 * MEGABYTE), content_type="image/png")
    given_up = threading.Event()
    with scripted(sip(given_up)) as base_url:
        with pytest.raises(TemporaryFailure):
            at(base_url).upload_media(file, name="a.png")
        given_up.set()


@pytest.mark.usefixtures("impatient")
def test_a_message_whose_answer_drips_may_have_been_taken() -> None:
    with scripted(DRIPS["a header"]) as base_url, pytest.raises(OutcomeUnknown):
        at(base_url).send(MESSAGE)


def test_a_message_whose_answer_contradicts_itself_may_have_been_taken() -> None:
    answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"
    with scripted(say(answer)) as base_url, pytest.raises(OutcomeUnknown):
        at(base_url).send(MESSAGE)


def test_an_endless_file_is_given_up_at_its_limit() -> None:
    poured: list[int] = []
    script = pour(OK + b"\r\n", most=64 * MEGABYTE, poured=poured)
    with scripted(script) as base_url, pytest.raises(MediaUnavailable, match="larger than 5 MB"):
        at(base_url).fetch_media(f"{base_url}/{FILE}")
    assert poured[0] < 32 * MEGABYTE  # the rest is in buffers on the way


def by_token(base_url: str) -> BandwidthProvider:
    """Sign in with a client ID that no other test has a token of."""
    account = Account(
        account_id="9900001",
        application_id="a",
        auth_method=AuthMethod.OAUTH2,
        username=base_url,
        password="secret-Canary",
    )
    return at(base_url, account, token_url=f"{base_url}/token")


ASKED: dict[str, Callable[[str], object]] = {
    "media": lambda url: at(url).fetch_media(f"{url}/{FILE}"),
    "a message": lambda url: at(url).send(MESSAGE),
    "a token": lambda url: by_token(url).check_credentials(),
    "credentials": lambda url: at(url).check_credentials(),
    "the list": lambda url: at(url).find_message("m-1"),
    "to delete": lambda url: at(url).delete_media(f"{url}/{FILE}"),
}


@pytest.mark.parametrize("what", ["credentials", "the list", "to delete", "a token"])
def test_an_endless_answer_is_a_trouble_that_may_pass(what: str) -> None:
    script = pour(OK + b"\r\n", most=16 * MEGABYTE, poured=[])
    with scripted(script) as base_url, pytest.raises(TemporaryFailure):
        ASKED[what](base_url)


def test_a_bomb_is_not_unpacked() -> None:
    answer = bomb(256 * MEGABYTE)
    with scripted(say(answer)) as base_url:
        tracemalloc.start()
        try:
            with pytest.raises(MediaUnavailable, match="larger than 5 MB"):
                at(base_url).fetch_media(f"{base_url}/{FILE}")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 24 * MEGABYTE


@dataclass(frozen=True)
class Head:
    label: str
    answer: bytes
    taken: bytes | None = None  # None = an error


HEADS = [
    Head("longer than it says", OK + b"Content-Length: 3\r\n\r\nabcdef", b"abc"),
    Head("shorter than it says", OK + b"Content-Length: 9\r\n\r\nabc"),
    Head("a negative length", OK + b"Content-Length: -1\r\n\r\nabc", b"abc"),
    Head("two lengths", OK + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"),
    Head("a length beyond everything", OK + b"Content-Length: 99999999999999999999\r\n\r\nabc"),
    Head("a chunk cut short", CHUNKED + b"5\r\nabc"),
    Head("a chunk's size is none", CHUNKED + b"zz\r\nabc"),
    Head("a coding nobody knows", OK + b"Content-Encoding: gzip\r\n\r\nno gzip"),
    Head("no HTTP", b"220 mail.example.com ESMTP\r\n"),
    Head("nothing", b""),
]


@pytest.mark.parametrize("case", HEADS, ids=lambda case: case.label)
def test_a_lying_answer_is_read_or_refused_and_never_breaks(case: Head) -> None:
    with scripted(say(case.answer)) as base_url:
        provider = at(base_url)
        if case.taken is None:
            with pytest.raises(TemporaryFailure):
                provider.fetch_media(f"{base_url}/{FILE}")
        else:
            assert provider.fetch_media(f"{base_url}/{FILE}").content == case.taken


@pytest.mark.parametrize("what", ["media", "a message", "a token"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(what: str, status: int) -> None:
    with witness() as other:
        location = f"http://127.0.0.1:{other.port}/latest/meta-data/"
        head = f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        with scripted(say(head.encode())) as base_url, pytest.raises(ProviderError) as caught:
            ASKED[what](base_url)
    assert isinstance(caught.value, MediaUnavailable if what == "media" else AccountProblem)
    assert other.heard == []


def _leads_to(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: inside)


@pytest.mark.parametrize("method", list(AuthMethod))
def test_bandwidths_name_that_leads_inside_is_told_nothing(
    method: AuthMethod, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(
        account_id="9900001", application_id="a", auth_method=method,
        username="id-rebound", password="secret-Canary",
    )  # fmt: skip
    with witness() as inside:
        _leads_to(inside.port, monkeypatch)
        with pytest.raises(TemporaryFailure, match="could not be reached"):
            BandwidthProvider(account, timeout=(0.5, 0.5)).send(MESSAGE)
    assert b"".join(inside.heard) == b""


@pytest.mark.parametrize(
    "url",
    [
        "https://messaging.bandwidth.com/api/v2",
        "https://API.Bandwidth.com.:443/x",
        "http://[half",
    ],
)
def test_bandwidths_own_names_must_be_public(url: str) -> None:
    assert _is_bandwidth(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://bandwidth.com.evil.example/",
        "http://127.0.0.1:8009/api/v2",
        "http://simulator:8009/api/v2",
    ],
)
def test_elsewhere_is_where_an_operator_says_that_bandwidth_is(url: str) -> None:
    """The stand-in, or a gateway of their own: it may be inside."""
    assert not _is_bandwidth(url)
