"""Telling "could not connect" from "lost after sending", with real sockets."""

from __future__ import annotations

import socket
import threading
from contextlib import closing

import pytest

from providers.bandwidth import transport
from providers.bandwidth.provider import BandwidthProvider
from providers.errors import OutcomeUnknown, TemporaryFailure
from tests.providers.contract.cases import ACCOUNT, MESSAGE
from tests.providers.servers import answer, read_request, scripted

ACCEPTED = answer("202 Accepted", b'{"id": "1", "segmentCount": 1}')


def provider(base_url: str, *, timeout: float = 5.0) -> BandwidthProvider:
    return BandwidthProvider(ACCOUNT, base_url=base_url, timeout=(timeout, timeout))


def drop_unread(connection: socket.socket) -> None:
    connection.recv(1)


def drop_after_reading(connection: socket.socket) -> None:
    read_request(connection)


def stay_silent(connection: socket.socket) -> None:
    read_request(connection)
    connection.recv(1)


def answer_half(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(ACCEPTED[:-5])


def answer_nonsense(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"SMTP ready\r\n\r\n")


def accept_once(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(ACCEPTED)


def close_at_once(connection: socket.socket) -> None:
    pass


def speak_plainly(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def read_only(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.recv(1)


def refuse_half(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(answer("500 Oops", b"x" * 50)[:-20])


@pytest.mark.parametrize(
    "script",
    [drop_unread, drop_after_reading, stay_silent, answer_half, answer_nonsense],
)
def test_a_connection_lost_after_sending_leaves_the_outcome_unknown(script: object) -> None:
    with scripted(script) as base_url, pytest.raises(OutcomeUnknown):  # type: ignore[arg-type]
        provider(base_url, timeout=0.3).send(MESSAGE)


def test_a_refusal_counts_although_its_body_was_lost() -> None:
    with scripted(refuse_half) as base_url, pytest.raises(TemporaryFailure) as caught:
        provider(base_url).send(MESSAGE)
    assert caught.value.error_code == "http-500"


def test_a_closed_port_means_nothing_was_sent() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TemporaryFailure):
        provider(f"http://127.0.0.1:{port}").send(MESSAGE)


def test_an_unknown_host_means_nothing_was_sent() -> None:
    with pytest.raises(TemporaryFailure):
        provider("https://carrier.invalid/api/v2").send(MESSAGE)


@pytest.mark.parametrize("script", [close_at_once, speak_plainly, read_only])
def test_a_failed_tls_handshake_means_nothing_was_sent(script: object) -> None:
    with scripted(script) as base_url, pytest.raises(TemporaryFailure):  # type: ignore[arg-type]
        provider(base_url.replace("http:", "https:"), timeout=0.3).send(MESSAGE)


def test_a_connection_closed_while_idle_is_replaced() -> None:
    is_closed = threading.Event()

    def hang_up(connection: socket.socket) -> None:
        accept_once(connection)
        connection.shutdown(socket.SHUT_RDWR)
        is_closed.set()

    with scripted(hang_up, accept_once) as base_url:
        carrier = provider(base_url)
        carrier.send(MESSAGE)
        assert is_closed.wait(5)
        assert carrier.send(MESSAGE).provider_message_id == "1"


def test_a_connection_idle_for_long_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    def accept_and_wait(connection: socket.socket) -> None:
        accept_once(connection)
        connection.recv(1)

    monkeypatch.setattr(transport, "IDLE_LIMIT", -1.0)
    with scripted(accept_and_wait, accept_once) as base_url:
        carrier = provider(base_url)
        carrier.send(MESSAGE)
        assert carrier.send(MESSAGE).provider_message_id == "1"


def test_a_look_up_that_was_lost_may_be_repeated() -> None:
    with scripted(drop_after_reading) as base_url, pytest.raises(TemporaryFailure):
        provider(base_url).find_message("1")


def test_a_connection_is_kept_for_the_next_message() -> None:
    def accept_twice(connection: socket.socket) -> None:
        accept_once(connection)
        accept_once(connection)

    with scripted(accept_twice) as base_url:
        carrier = provider(base_url)
        carrier.send(MESSAGE)
        carrier.send(MESSAGE)
