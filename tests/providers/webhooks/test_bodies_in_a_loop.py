"""What does not come, comes late or is too much: the intake keeps no place for it."""

from __future__ import annotations

import json

import pytest

from providers import loop_listener, loop_requests
from tests.providers.webhooks.wire import Client, Floor

HEAD = b"POST /webhook/x HTTP/1.1\r\nHost: x\r\n"
BEGUN = HEAD + b"Content-Length: 700\r\n\r\n["
LIMIT = 1024 * 1024


def test_a_body_in_parts_is_whole(floor: Floor) -> None:
    client = floor.client()
    for part in (HEAD, b"Content-Length: 5\r\n", b"\r\n", b"[1,", b"2]"):
        client.send(part)
    assert client.statuses() == [200]
    assert floor.door.asked[0].body == b"[1,2]"


@pytest.mark.parametrize(
    ("begun", "statuses"),
    [
        (b"", []),
        (b"POST", [408]),
        (HEAD, [408]),
        (HEAD + b"Content-Length: 700\r\n\r\n", [408]),
        (BEGUN, [408]),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n[1,", [408]),
    ],
    ids=["nothing", "a word", "half a head", "no body", "half a body", "half a chunk"],
)
def test_what_does_not_come_is_not_waited_for(
    floor: Floor, begun: bytes, statuses: list[int]
) -> None:
    client = floor.client(begun)
    floor.wait(9)
    client.send(b"")
    assert not client.wire.ended
    floor.wait(2)
    assert client.statuses() == statuses
    assert client.wire.ended
    # Nor for whoever is told, and does not leave.
    floor.wait(4)
    assert client.wire.ended[-1] == "aborted"


def test_dripping_wins_no_time(floor: Floor) -> None:
    clients = [floor.client(BEGUN), floor.client(HEAD)]
    for _ in range(11):
        floor.wait(1)
        for client in clients:
            client.send(b"X: b\r\n")
    assert [client.statuses() for client in clients] == [[408], [408]]


def test_one_that_waits_ends_and_another_begun_later_goes_on(floor: Floor) -> None:
    dripping = floor.client(BEGUN)
    floor.wait(8)
    later = floor.client(BEGUN)
    floor.wait(3)
    later.send(b" " * 699)
    assert (dripping.statuses(), later.statuses()) == ([408], [200])


def test_an_idle_connection_is_kept_for_the_next_request_a_minute_and_no_longer(
    floor: Floor,
) -> None:
    client = floor.client(HEAD + b"\r\n")
    floor.wait(70)
    client.send(HEAD + b"\r\n")
    floor.wait(70)
    assert client.statuses() == [200, 200]
    assert not client.wire.ended
    floor.wait(6)
    assert client.wire.ended == ["closed"]


@pytest.mark.parametrize("begun", [BEGUN, b"POST /webh"], ids=["in the body", "in the head"])
def test_a_client_that_leaves_early_is_told_and_nothing_is_asked(
    floor: Floor, begun: bytes
) -> None:
    client = floor.client(begun)
    assert not client.leave()
    assert client.statuses() == [400]
    assert b"ended early" in client.answers()[0].body
    assert not floor.door.asked


def test_a_client_that_says_it_is_done_is_still_answered(floor: Floor) -> None:
    floor.door.is_slow = True
    client = floor.client(HEAD + b"\r\n")
    assert client.leave()
    floor.door.tell()
    assert client.statuses() == [200]
    assert client.wire.ended == ["closed"]


@pytest.mark.parametrize(
    ("framing", "parts"),
    [
        (b"Content-Length: %d" % (LIMIT + 1), []),
        (b"Content-Length: %d" % 10**18, []),
        (b"Transfer-Encoding: chunked", [b"%x\r\n" % (LIMIT + 1), b" " * LIMIT, b" "]),
        (b"Transfer-Encoding: chunked", [b"1\r\n \r\n" * 9000] * 120),
        (b"Transfer-Encoding: chunked", [b"1;" + b"x" * LIMIT, b"x" * LIMIT, b"x" * 65536, b"x"]),
    ],
    ids=["says so", "says more than that", "in parts", "in crumbs", "in words about it"],
)
def test_a_body_that_is_too_large_is_refused_unread(
    floor: Floor, framing: bytes, parts: list[bytes]
) -> None:
    client = floor.client(HEAD + framing + b"\r\nExpect: 100-continue\r\n\r\n")
    for part in parts:
        client.send(part)
    assert client.statuses() == [413]
    assert json.loads(client.answers()[0].body) == {"error": "The body is over 1048576 bytes."}
    assert not floor.door.asked
    # Half: the client may be sending, and closing would take the answer from it.
    assert client.wire.ended == ["half"]
    client.send(b"more of it")
    assert client.wire.is_reading
    assert not client.leave()


def test_one_byte_less_is_taken(floor: Floor) -> None:
    client = floor.client(HEAD + b"Content-Length: %d\r\n\r\n" % LIMIT)
    client.send(b" " * LIMIT)
    assert client.statuses() == [200]


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"".join(b"X-%d: a\r\n" % place for place in range(101)) + b"\r\n",
        HEAD + b"X: " + b"a" * 16_400,
        HEAD + b"X" * 16_400 + b": a\r\n\r\n",
        b"GET /" + b"a" * 16_400 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"T: abcdefgh\r\n" * 2000,
    ],
    ids=["many", "a long one", "a long name", "a long address", "behind the body"],
)
@pytest.mark.parametrize("size", [1000, 1_000_000], ids=["in parts", "at once"])
def test_headers_without_end_are_refused(floor: Floor, head: bytes, size: int) -> None:
    client = floor.client()
    for start in range(0, len(head), size):
        client.send(head[start : start + size])
    client.send(b"a" * 20_000)
    assert client.statuses() == [431]


def test_large_bodies_have_a_limit_together_and_small_ones_none(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_requests, "_MOST_HELD", 2 * LIMIT)

    def begun() -> Client:
        client = floor.client(HEAD + b"Content-Length: 1000000\r\n\r\n")
        for _ in range(9):
            client.send(b" " * 100_000)
        return client

    first, second, third = begun(), begun(), begun()
    assert [client.statuses() for client in (first, second, third)] == [[], [], [503]]
    assert third.answers()[0].headers["Retry-After"] == "5"
    assert floor.client(HEAD + b"Content-Length: 5\r\n\r\n[1,2]").statuses() == [200]
    first.send(b" " * 100_000)
    second.lose()
    third.lose()
    assert first.statuses() == [200]
    assert floor.listener.held == 0


def test_who_does_not_read_answers_gets_no_more_of_them(floor: Floor) -> None:
    client = floor.client()
    client.connection.pause_writing()
    client.send(HEAD + b"\r\n" + HEAD + b"\r\n")
    assert client.statuses() == []
    assert not client.wire.is_reading
    client.connection.resume_writing()
    assert client.statuses() == [200, 200]
    assert client.wire.is_reading
    client.connection.pause_writing()
    floor.wait(11)
    assert client.wire.ended == ["aborted"]


def test_who_drips_makes_place_then_who_is_idle_and_never_who_is_being_answered(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_listener, "_MOST", 4)
    idle, dripping, silent = floor.client(HEAD + b"\r\n"), floor.client(BEGUN), floor.client()
    floor.door.is_slow = True
    asked = [floor.client(HEAD + b"\r\n")]
    for left in (dripping, silent, idle):
        assert not left.wire.ended
        asked.append(floor.client(HEAD + b"\r\n"))
        assert left.wire.ended == ["closed"]
    assert floor.client().statuses() == [503]
    assert (idle.statuses(), dripping.statuses(), silent.statuses()) == ([200, 503], [503], [503])
    for _ in asked:
        floor.door.tell()
    assert [client.statuses() for client in asked] == [[200]] * 4


def test_who_is_told_and_does_not_leave_makes_place_at_once(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_listener, "_MOST", 2)
    told, clogged = floor.client(b"?"), floor.client(HEAD + b"\r\n")
    clogged.connection.pause_writing()
    for left in (told, clogged):
        floor.client(HEAD + b"\r\n")
        assert left.wire.ended[-1] == "aborted"


def test_what_is_never_told_is_no_reason_to_wait_for_ever(floor: Floor) -> None:
    floor.door.is_slow = True
    client = floor.client(HEAD + b"\r\n")
    floor.wait(11)
    floor.door.tell()
    assert client.statuses() == [503]


def test_a_client_that_left_is_told_nothing(floor: Floor) -> None:
    floor.door.is_slow = True
    client = floor.client(HEAD + b"\r\n" + HEAD + b"\r\n")
    client.lose()
    floor.door.tell()
    assert (client.statuses(), len(floor.door.asked)) == ([], 1)
    assert not floor.listener.connections


def test_what_fails_is_answered_and_logged_without_a_word_of_it(
    floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    floor.door.take = lambda request, tell: 1 // 0  # type: ignore[assignment,return-value]
    client = floor.client(HEAD + b"X-Secret: Canary\r\n\r\n")
    assert client.statuses() == [500]
    assert "ZeroDivisionError" in caplog.text
    assert "Canary" not in caplog.text
