"""Bytes of a connection, and what they are answered: however they are cut, always the same."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvloop

from tests.providers.webhooks.wire import Floor

HOST = b"Host: x\r\n"
POST = b"POST /webhook/a HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
GET = b"GET /b HTTP/1.1\r\n" + HOST + b"\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True)
class Case:
    id: str
    sent: bytes
    statuses: list[int]
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)  # method, path, body
    is_open: bool = True


def posted(body: bytes, path: str = "/webhook/a") -> tuple[str, str, bytes]:
    return "POST", path, body


def got(path: str, method: str = "GET") -> tuple[str, str, bytes]:
    return method, path, b""


def line(start: bytes) -> bytes:
    return start + b"\r\n" + HOST + b"\r\n"


GOOD = [
    Case("a body", POST + b"Content-Length: 4\r\n\r\n[17]", [200], [posted(b"[17]")]),
    Case("an empty body", POST + b"Content-Length: 0\r\n\r\n", [200], [posted(b"")]),
    Case("no word of a body", POST + b"\r\n", [200], [posted(b"")]),
    Case("chunks", CHUNKED + b"\r\n2\r\n[1\r\n2\r\n7]\r\n0\r\n\r\n", [200], [posted(b"[17]")]),
    Case(
        "chunks by another case",
        POST + b"tRANSFER-eNCODING: Chunked\r\n\r\n0\r\n\r\n",
        [200],
        [posted(b"")],
    ),
    Case(
        "a chunk's extension", CHUNKED + b"\r\n4;a=b\r\n[17]\r\n0\r\n\r\n", [200], [posted(b"[17]")]
    ),
    Case(
        "trailers",
        CHUNKED + b"\r\n1\r\n1\r\n0\r\nHost: y\r\nX: y\r\n\r\n" + GET,
        [200, 200],
        [posted(b"1"), got("/b")],
    ),
    Case(
        "two in a row",
        GET + POST + b"Content-Length: 2\r\n\r\n[]",
        [200, 200],
        [got("/b"), posted(b"[]")],
    ),
    Case(
        "a chunked one before another",
        CHUNKED + b"\r\n2\r\n[]\r\n0\r\n\r\n" + GET,
        [200, 200],
        [posted(b"[]"), got("/b")],
    ),
    Case("empty lines between", b"\r\n" + GET + b"\r\n\r\n" + GET, [200, 200], [got("/b")] * 2),
    Case("a query", line(b"GET /b?c=/d HTTP/1.1"), [200], [got("/b")]),
    Case("a whole address", line(b"GET http://y/b?c HTTP/1.1"), [200], [got("/b")]),
    Case("a whole address without a path", line(b"GET http://y HTTP/1.1"), [200], [got("/")]),
    Case(
        "an escaped path",
        line(b"GET /web%68ook/%C3%A4 HTTP/1.1"),
        [200],
        [got("/webhook/\xc3\xa4")],
    ),
    Case("an asterisk", line(b"OPTIONS * HTTP/1.1"), [200], [got("*", "OPTIONS")]),
    Case(
        "the last one",
        GET[:-2] + b"Connection: close\r\n\r\n" + GET,
        [200],
        [got("/b")],
        is_open=False,
    ),
    Case("an older client", b"GET /b HTTP/1.0\r\n\r\n" + GET, [200], [got("/b")], is_open=False),
    Case(
        "an older one that would stay",
        b"GET /b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + GET,
        [200],
        [got("/b")],
        is_open=False,
    ),
    Case(
        "a body where none belongs",
        GET[:-2] + b"Content-Length: 40\r\n\r\n" + GET,
        [200],
        [got("/b")],
        is_open=False,
    ),
    Case(
        "a chunked one where none belongs",
        GET[:-2] + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET,
        [200],
        [got("/b")],
        is_open=False,
    ),
    Case("a good one before a bad one", GET + b"?" + GET, [200, 400], [got("/b")], is_open=False),
]

TE = b"Transfer-Encoding: "
CL = b"Content-Length: "
HOSTILE = {
    "a length and chunks": POST + CL + b"2\r\n" + TE + b"chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": CHUNKED + CL + b"2\r\n\r\n0\r\n\r\n",
    "two lengths": POST + CL + b"2\r\n" + CL + b"2\r\n\r\n[]",
    "two lengths in a line": POST + CL + b"2, 2\r\n\r\n[]",
    "a length with a sign": POST + CL + b"+2\r\n\r\n[]",
    "a length below nothing": POST + CL + b"-2\r\n\r\n[]",
    "a length in hex": POST + CL + b"0x2\r\n\r\n[]",
    "a length of words": POST + CL + b"2 2\r\n\r\n[]",
    "no length at all": POST + CL + b"\r\n\r\n[]",
    "a length beyond counting": POST + CL + b"9" * 30 + b"\r\n\r\n[]",
    "a space before the colon": POST + b"Content-Length : 2\r\n\r\n[]",
    "two codings": POST + TE + b"gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked, then another": POST + TE + b"chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked twice": CHUNKED + TE + b"chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": POST + TE + b"xchunked\r\n\r\n0\r\n\r\n",
    "no coding": POST + TE + b"identity\r\n\r\n[]",
    "a coding behind a tab": POST + TE + b"\x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks from an older client": b"POST /a HTTP/1.0\r\n" + TE + b"chunked\r\n\r\n0\r\n\r\n",
    "chunks of bare lines": CHUNKED + b"\r\n2\n[]\n0\n\n",
    "a chunk in hex twice": CHUNKED + b"\r\n0x2\r\n[]\r\n0\r\n\r\n",
    "a chunk below nothing": CHUNKED + b"\r\n-2\r\n[]\r\n0\r\n\r\n",
    "a chunk and a space": CHUNKED + b"\r\n2 \r\n[]\r\n0\r\n\r\n",
    "a chunk longer than said": CHUNKED + b"\r\n1\r\n[]\r\n0\r\n\r\n",
    "a chunk beyond counting": CHUNKED + b"\r\n" + b"F" * 17 + b"\r\n[]\r\n0\r\n\r\n",
    "a length behind chunks": CHUNKED + b"\r\n0\r\nContent-Length: 5\r\n\r\n",
    "a folded header": POST + b"X: a\r\n b\r\n\r\n",
    "a header folded by a tab": POST + b"X: a\r\n\tb\r\n\r\n",
    "a space before a header": b"POST /a HTTP/1.1\r\n Host: x\r\n\r\n",
    "bare lines": b"GET /b HTTP/1.1\nHost: x\n\n",
    "a bare line in the head": b"GET /b HTTP/1.1\r\nHost: x\nX: y\r\n\r\n",
    "a bare end of the head": b"GET /b HTTP/1.1\r\nHost: x\r\n\n",
    "a return within a header": POST + b"X: a\rY: b\r\n\r\n",
    "a NUL in a value": POST + b"X: a\0b\r\n\r\n",
    "a NUL in a name": POST + b"X\0: a\r\n\r\n",
    "a control in a value": POST + b"X: a\x01b\r\n\r\n",
    "no name": POST + b": a\r\n\r\n",
    "no colon": POST + b"X\r\n\r\n",
    "no host": b"GET /b HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /b HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "two credentials": POST + b"Authorization: a\r\nAUTHORIZATION: b\r\n\r\n",
    "an address of other letters": line(b"GET /\xc3\xa4 HTTP/1.1"),
    "a whole address that is none": line(b"GET http://y:99999/b HTTP/1.1"),
    "no address": line(b"GET HTTP/1.1"),
    "an address without a slash": line(b"GET b HTTP/1.1"),
    "no version": b"GET /b\r\n\r\n",
    "a version to come": line(b"GET /b HTTP/1.2"),
    "a longer version": line(b"GET /b HTTP/1.10"),
    "version two in one": line(b"GET /b HTTP/2.0"),
    "version two": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an unknown method": line(b"GRAB /b HTTP/1.1"),
    "a small method": line(b"get /b HTTP/1.1"),
    "another protocol": POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\n" + CL + b"2\r\n\r\n[]",
    "a tunnel": line(b"CONNECT x:1 HTTP/1.1"),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}
CASES = GOOD + [Case(name, sent + GET, [400], is_open=False) for name, sent in HOSTILE.items()]


def outcome(sent: bytes, *cuts: int) -> tuple[Any, ...]:
    floor = Floor()
    client = floor.client()
    for start, end in zip((0, *cuts), (*cuts, len(sent)), strict=True):
        client.send(sent[start:end])
    said = client.answers(*(request.method for request in floor.door.asked))
    asked = [(each.method, each.path, each.body) for each in floor.door.asked]
    is_told = not said or said[-1].headers.get("Connection") == "close"
    assert is_told == bool(client.wire.ended) or not said
    return [each.status for each in said], asked, not client.wire.ended


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_bytes_are_answered_the_same_however_they_are_cut(case: Case) -> None:
    expected = (case.statuses, case.asked, case.is_open)
    assert outcome(case.sent) == expected
    assert outcome(case.sent, *range(1, len(case.sent))) == expected
    for cut in range(1, len(case.sent)):
        assert outcome(case.sent, cut) == expected, case.sent[:cut]


def test_whatever_is_sent_each_request_is_answered_and_the_end_is_reached() -> None:
    chance = random.Random(7)  # noqa: S311  # the same each time
    pieces = [case.sent for case in CASES]
    for _ in range(1500):
        sent = bytearray(b"".join(chance.choices(pieces, k=3)))
        for _ in range(chance.randrange(5)):
            place = chance.randrange(len(sent))
            sent[place : place + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        floor = Floor()
        client = floor.client(bytes(sent))
        client.leave()
        asked = [request.method for request in floor.door.asked]
        said = [each.status for each in client.answers(*asked)]
        assert said[: len(asked)] == [200] * len(asked)
        assert all(status >= 400 for status in said[len(asked) :])
        assert len(said) <= len(asked) + 1


def test_what_is_answered_has_all_that_http_asks_for(floor: Floor) -> None:
    client = floor.client(GET + GET.replace(b"GET", b"HEAD", 1))
    whole, head = client.answers("GET", "HEAD")
    assert whole.headers.keys() == {"Date", "Content-Type", "Content-Length"}
    assert whole.headers["Date"].endswith(" GMT")
    assert (whole.body, head.body) == (b"/b", b"")
    assert head.headers == whole.headers


def test_requests_in_a_row_are_asked_one_after_the_other_and_no_more_is_read(
    floor: Floor,
) -> None:
    floor.door.is_slow = True
    client = floor.client(GET)
    assert client.wire.is_reading  # one that waits for its answer sends nothing
    client.send(GET + POST + b"Content-Length: 2\r\n")
    assert (len(floor.door.asked), client.wire.is_reading) == (1, False)
    floor.door.tell()
    assert (len(floor.door.asked), client.wire.is_reading) == (2, False)
    floor.door.tell()
    assert client.wire.is_reading
    client.send(b"\r\n[]")
    floor.door.tell()
    assert client.statuses() == [200, 200, 200]
    assert floor.door.asked[2].body == b"[]"


EXPECTING = POST + b"Content-Length: 2\r\nExpect: 100-Continue\r\n\r\n"


def test_a_client_that_asks_first_is_told_to_go_on(floor: Floor) -> None:
    client = floor.client(EXPECTING)
    assert bytes(client.wire.sent) == CONTINUE
    client.send(b"[]")
    assert bytes(client.wire.sent).count(CONTINUE) == 1
    assert client.statuses() == [200]


def test_it_is_told_so_behind_the_answer_that_is_due(floor: Floor) -> None:
    floor.door.is_slow = True
    client = floor.client(GET + EXPECTING)
    assert client.wire.sent == b""
    floor.door.tell()
    assert client.wire.sent.startswith(b"HTTP/1.1 200")
    assert client.wire.sent.endswith(CONTINUE)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (EXPECTING + b"[]", 200),
        (EXPECTING.replace(b": 2", b": 0"), 200),
        (EXPECTING.replace(b" HTTP/1.1", b" HTTP/1.0") + b"[]", 200),
        (EXPECTING.replace(b"100-Continue", b"coffee"), 417),
        (EXPECTING.replace(b": 2", b": 2000000"), 413),
    ],
    ids=["its body is there", "it has none", "an older one", "something else", "too large"],
)
def test_it_is_not_told_so_where_that_is_idle(floor: Floor, sent: bytes, status: int) -> None:
    client = floor.client(sent)
    assert not client.wire.sent.startswith(CONTINUE)
    assert client.statuses() == [status]


def test_headers_are_found_by_their_name_in_small_letters(floor: Floor) -> None:
    floor.client(GET[:-2] + b"X-Sign:  \xe4  \r\nX-sign: b\r\n\r\n")
    headers = floor.door.asked[0].headers
    assert dict(headers) == {"host": "x", "x-sign": "b"}
    assert (headers.get("x-none", "?"), len(headers)) == ("?", 2)


def stopping(floor: Floor, story: Callable[..., Any]) -> Any:
    """Play it against a server that is being stopped, over real sockets."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    async def whole() -> Any:
        stop = asyncio.Event()
        served = asyncio.ensure_future(floor.listener.serve("127.0.0.1", port, stop))
        while not served.done():
            with contextlib.suppress(ConnectionError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            await asyncio.sleep(0)
        return await asyncio.wait_for(story(port, stop, served), 20)

    return uvloop.run(whole())


def test_a_server_that_is_stopped_answers_what_is_begun_and_leaves_the_idle(floor: Floor) -> None:
    floor.door.is_slow = True

    async def story(port: int, stop: asyncio.Event, served: asyncio.Future[None]) -> list[bytes]:
        idle, asked, begun = [await asyncio.open_connection("127.0.0.1", port) for _ in "123"]
        asked[1].write(GET)
        begun[1].write(POST + b"Content-Length: 2\r\n\r\n[")
        while not floor.door.asked or len(floor.listener.connections) < 3:
            await asyncio.sleep(0)
        stop.set()
        said = [await idle[0].read()]
        assert not served.done()
        floor.door.tell()
        said.append(await asked[0].read())
        begun[1].write(b"]")
        while len(floor.door.asked) < 2:
            await asyncio.sleep(0)
        floor.door.tell()
        said.append(await begun[0].read())
        for _, writer in (idle, asked, begun):
            writer.close()
        await served
        return said

    nothing, *said = stopping(floor, story)
    assert nothing == b""
    for each in said:
        assert each.startswith(b"HTTP/1.1 200 OK")
        assert b"Connection: close" in each


def test_a_refusal_reaches_a_client_that_goes_on_sending(floor: Floor) -> None:
    async def story(port: int, stop: asyncio.Event, served: asyncio.Future[None]) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST + b"Content-Length: 10000000\r\n\r\n")
        said = b""
        for _ in range(100):
            writer.write(b" " * 100_000)
            await writer.drain()
        said = await reader.read()
        writer.close()
        stop.set()
        await served
        return said

    assert stopping(floor, story).startswith(b"HTTP/1.1 413 ")


def test_several_listen_on_one_port(floor: Floor) -> None:
    async def story(port: int, stop: asyncio.Event, served: asyncio.Future[None]) -> None:
        await Floor().listener.serve("127.0.0.1", port, _set())
        stop.set()
        await served

    stopping(floor, story)


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event
