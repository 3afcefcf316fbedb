"""Credentials go to the account's own media, and nowhere else."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import responses

from providers.bandwidth import media
from providers.bandwidth.provider import BandwidthProvider
from providers.errors import (
    AccountProblem,
    MediaUnavailable,
    MessageRejected,
    ProviderError,
    TemporaryFailure,
)
from providers.types import FailureReason, MediaFile
from tests.providers.bandwidth.addresses import MEDIA, ROOT, TOKEN
from tests.providers.contract.cases import ACCOUNT, PICTURE
from tests.providers.servers import answer, read_request, scripted

HOST = "messaging.bandwidth.com"
PATH = "/api/v2/users/9900001/media"

OWN = [
    f"{MEDIA}/a.png",
    f"{MEDIA}/1750000000100abcdefghijklmnop/0/IMG_0001.jpg",
    f"{MEDIA}/1/0/IMG 0001 (2).jpg",
    f"{MEDIA}/1/0/IMG%200001.jpg",
    f"{MEDIA}/1/0/me@2x.png",
    f"{MEDIA}/1/0/größe.png",
    f"https://{HOST}:443{PATH}/a.png",
    f"HTTPS://MESSAGING.Bandwidth.com{PATH}/a.png",
]
FOREIGN = [
    "",
    "a.png",
    f"//{HOST}{PATH}/a.png",
    f"http://{HOST}{PATH}/a.png",
    f"https://{HOST}:8443{PATH}/a.png",
    f"https://{HOST}:{PATH}/a.png",
    f"https://{HOST}.{PATH}/a.png",
    f"https://{HOST}.evil.example{PATH}/a.png",
    f"https://evil.example{PATH}/a.png",
    f"https://evil.example/{HOST}{PATH}/a.png",
    f"https://user@{HOST}{PATH}/a.png",
    f"https://{HOST}@evil.example{PATH}/a.png",
    f"https://evil.example\\@{HOST}{PATH}/a.png",
    f"https://evil.example#@{HOST}{PATH}/a.png",
    f"https://evil.example?@{HOST}{PATH}/a.png",
    f"https://[::1]{PATH}/a.png",
    f"https://[{HOST}{PATH}/a.png",
    f"https://messaging.bandwidth.com{PATH}/a.png".replace(
        "w", "\N{FULLWIDTH LATIN SMALL LETTER W}"
    ),
    f" https://{HOST}{PATH}/a.png",
    f"https://{HOST}{PATH}/a.png\n",
    f"https://{HOST}\t{PATH}/a.png",
    f"https://{HOST}/api/v2/users/9900002/media/a.png",
    f"https://{HOST}/api/v2/users/99000011/media/a.png",
    f"https://{HOST}/api/v2/users/9900001/messages",
    f"https://{HOST}/api/v1/users/9900001/media/a.png",
    f"{MEDIA}",
    f"{MEDIA}/",
    f"{MEDIA}//a.png",
    f"{MEDIA}/../messages",
    f"{MEDIA}/x/../../messages",
    f"{MEDIA}/./a.png",
    f"{MEDIA}/%2e%2e/messages",
    f"{MEDIA}/%2E./messages",
    f"{MEDIA}/..%2fmessages",
    f"{MEDIA}/%252e%252e/messages",
    f"{MEDIA}/..%5cmessages",
    f"{MEDIA}/a%00.png",
    f"{MEDIA}/a%0d%0aX-A:%20b",
    f"{MEDIA}/a%",
    f"{MEDIA}/a%4",
    f"{MEDIA}/a%zz",
    f"{MEDIA}/..\\messages",
    f"{MEDIA}/a.png?x=1",
    f"{MEDIA}/a.png#x",
    f"{MEDIA}/a%3Fx",
]


@pytest.mark.parametrize("url", OWN)
def test_own_media_is_fetched_with_credentials(
    url: str, basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    expected = requests.Request("GET", url).prepare().url or ""
    carrier.get(expected, body=b"abc", content_type="image/png")
    file = basic.fetch_media(url)
    assert (file.content, file.content_type) == (b"abc", "image/png")
    assert "Authorization" in carrier.calls[0].request.headers


@pytest.mark.parametrize("url", FOREIGN)
def test_no_request_is_made_for_foreign_media(url: str, basic: BandwidthProvider) -> None:
    with responses.RequestsMock(), pytest.raises(MediaUnavailable):
        basic.fetch_media(url)
    with responses.RequestsMock(), pytest.raises(AccountProblem):
        basic.delete_media(url)


def test_a_foreign_url_does_not_even_fetch_a_token(oauth: BandwidthProvider) -> None:
    with responses.RequestsMock(), pytest.raises(MediaUnavailable):
        oauth.fetch_media(f"https://evil.example{PATH}/a.png")
    assert TOKEN.startswith("https://")


@pytest.mark.parametrize(
    ("name", "filename"),
    [("a.png", "a.png"), ("1/0/IMG%200001.jpg", "IMG 0001.jpg"), ("1/0/x", "x")],
)
def test_a_file_is_named_by_its_url(
    name: str, filename: str, basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.get(f"{MEDIA}/{name}", body=b"abc")
    assert basic.fetch_media(f"{MEDIA}/{name}").filename == filename


@dataclass(frozen=True)
class Case:
    label: str
    answer: dict[str, Any]
    error: type[ProviderError]


@pytest.mark.parametrize(
    "case",
    [
        Case("gone", {"status": 404}, MediaUnavailable),
        Case("gone for good", {"status": 410}, MediaUnavailable),
        Case("refused", {"status": 400}, MediaUnavailable),
        Case(
            "redirect",
            {"status": 302, "headers": {"Location": "https://evil.example/"}},
            MediaUnavailable,
        ),
        Case("too large", {"body": b"x" * (5 * 1024 * 1024 + 1)}, MediaUnavailable),
        Case("credentials", {"status": 401}, AccountProblem),
        Case("permission", {"status": 403}, AccountProblem),
        Case("busy", {"status": 429}, TemporaryFailure),
        Case("fault", {"status": 503}, TemporaryFailure),
        Case("silence", {"body": requests.ReadTimeout()}, TemporaryFailure),
    ],
    ids=lambda case: case.label,
)
def test_a_failed_fetch_says_whether_to_try_again(
    case: Case, basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.get(f"{MEDIA}/a.png", **case.answer)
    with pytest.raises(ProviderError) as caught:
        basic.fetch_media(f"{MEDIA}/a.png")
    assert type(caught.value) is case.error


def test_five_megabytes_are_not_too_large(
    basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.get(f"{MEDIA}/a.png", body=b"x" * media.SIZE_LIMIT)
    assert len(basic.fetch_media(f"{MEDIA}/a.png").content) == media.SIZE_LIMIT


def at(base_url: str) -> BandwidthProvider:
    return BandwidthProvider(ACCOUNT, base_url=base_url, timeout=(0.5, 0.5))


def test_a_slow_drip_ends_at_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "SECONDS_LIMIT", -0.8)

    def drip(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        try:
            for _ in range(100):
                connection.sendall(b"x")
                connection.settimeout(0.05)
                try:
                    if not connection.recv(1):
                        return
                except TimeoutError:
                    continue
        except OSError:
            return

    with scripted(drip) as base_url, pytest.raises(TemporaryFailure):
        at(base_url).fetch_media(f"{base_url}/users/9900001/media/a.png")


def test_a_file_cut_short_is_not_taken_for_whole() -> None:
    def cut(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer("200 OK", b"x" * 1000)[:-10])

    with scripted(cut) as base_url, pytest.raises(TemporaryFailure):
        at(base_url).fetch_media(f"{base_url}/users/9900001/media/a.png")


def test_the_port_must_be_the_carrier_s(basic: BandwidthProvider) -> None:
    local = at("http://127.0.0.1:8081/api/v2")
    with responses.RequestsMock() as mock:
        mock.get("http://127.0.0.1:8081/api/v2/users/9900001/media/a.png", body=b"abc")
        local.fetch_media("http://127.0.0.1:8081/api/v2/users/9900001/media/a.png")
    with pytest.raises(MediaUnavailable):
        local.fetch_media("http://127.0.0.1:8082/api/v2/users/9900001/media/a.png")
    with pytest.raises(MediaUnavailable):
        local.fetch_media("http://localhost:8081/api/v2/users/9900001/media/a.png")


def test_an_upload_puts_the_bytes_under_the_name(
    basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.put(f"{MEDIA}/x1/a.png", status=204)
    assert basic.upload_media(PICTURE, name="x1/a.png") == f"{ROOT}/media/x1/a.png"
    request = carrier.calls[0].request
    assert request.body == PICTURE.content
    assert request.headers["Content-Type"] == "image/png"
    assert request.headers["Content-Length"] == "4"


def test_an_upload_of_no_known_type_is_called_bytes(
    basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.put(f"{MEDIA}/a", status=204)
    basic.upload_media(MediaFile(content=b"", content_type=""), name="a")
    assert carrier.calls[0].request.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (413, MessageRejected),
        (415, MessageRejected),
        (401, AccountProblem),
        (500, TemporaryFailure),
    ],
)
def test_a_refused_upload_says_what_to_do(
    status: int,
    error: type[ProviderError],
    basic: BandwidthProvider,
    carrier: responses.RequestsMock,
) -> None:
    carrier.put(f"{MEDIA}/a.png", status=status)
    with pytest.raises(error) as caught:
        basic.upload_media(PICTURE, name="a.png")
    assert getattr(caught.value, "reason", FailureReason.MEDIA) is FailureReason.MEDIA


@pytest.mark.parametrize("status", [204, 404, 410])
def test_a_deleted_file_may_be_gone_already(
    status: int, basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.delete(f"{MEDIA}/a.png", status=status)
    basic.delete_media(f"{MEDIA}/a.png")


@pytest.mark.parametrize(
    ("status", "error"), [(400, AccountProblem), (403, AccountProblem), (502, TemporaryFailure)]
)
def test_a_refused_deletion_is_told(
    status: int,
    error: type[ProviderError],
    basic: BandwidthProvider,
    carrier: responses.RequestsMock,
) -> None:
    carrier.delete(f"{MEDIA}/a.png", status=status)
    with pytest.raises(error):
        basic.delete_media(f"{MEDIA}/a.png")
