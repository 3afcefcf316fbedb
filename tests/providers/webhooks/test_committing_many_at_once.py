"""The writer thread against a real connection of its own; what it commits is cleaned away."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.db import connection

from providers import bell
from providers.committer import Committer
from providers.inbox_connection import InboxConnection, NotStored, Unreachable
from providers.rows import MOST_ROWS, Row

MARK = "committer-test"  # as the carrier's name: no other test's rows have it

Query = Callable[..., list[Any]]


@pytest.fixture
def query(db: None) -> Iterator[Query]:
    """Ask PostgreSQL past the test's transaction."""
    parameters = connection.get_connection_params()
    with psycopg.connect(**parameters, autocommit=True) as other:

        def ask(sql: str, *values: Any) -> list[Any]:
            cursor = other.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

        yield ask
        other.execute("DELETE FROM public.providers_webhookevent WHERE provider = %s", [MARK])


@pytest.fixture
def stored(query: Query) -> Callable[[], list[str]]:
    def types() -> list[str]:
        sql = "SELECT type FROM public.providers_webhookevent WHERE provider = %s ORDER BY id"
        return [kind for (kind,) in query(sql, MARK)]

    return types


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    rings: list[bool] = []
    monkeypatch.setattr(bell, "ring", lambda: rings.append(True))
    return rings


@pytest.fixture
def committer(query: Query, rung: list[bool]) -> Iterator[Committer]:
    made = Committer(patience=10)
    yield made
    made.stop()


def row(kind: str, key: bytes | None = None) -> Row:
    return Row(MARK, 1, None, key or secrets.token_bytes(16), kind, b'{"a": "\xff\0"}')


def together(
    committer: Committer, monkeypatch: pytest.MonkeyPatch, requests: list[list[Row]]
) -> list[NotStored | None]:
    """Hand the requests over while the writer is busy with one, so that they go in one group."""
    insert, begun, go = InboxConnection.insert, threading.Event(), threading.Event()

    def hold(self: InboxConnection, group: list[Row]) -> None:
        begun.set()
        go.wait(10)
        insert(self, group)

    def post(rows: list[Row]) -> NotStored | None:
        try:
            committer.store(rows)
        except NotStored as error:
            return error
        return None

    with ThreadPoolExecutor(len(requests) + 1) as threads:
        monkeypatch.setattr(InboxConnection, "insert", hold)
        first = threads.submit(post, [row("first")])
        begun.wait(10)
        waiting = [threads.submit(post, rows) for rows in requests]
        while committer.queued < len(requests):
            threading.Event().wait(0.001)
        monkeypatch.setattr(InboxConnection, "insert", insert)
        go.set()
        assert first.result() is None
        return [answer.result() for answer in waiting]


def test_requests_that_wait_together_are_committed_together(
    committer: Committer, query: Query, rung: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = row("twin")
    requests = [[row("a"), row("b")], [twin], [twin], [row("c")]]
    assert together(committer, monkeypatch, requests) == [None] * 4
    sql = (
        "SELECT array_agg(type::text ORDER BY type) FROM public.providers_webhookevent"
        " WHERE provider = %s GROUP BY xmin::text ORDER BY min(id)"
    )
    assert query(sql, MARK) == [(["first"],), (["a", "b", "c", "twin"],)]
    assert len(rung) == 2


def test_a_row_that_is_refused_fails_its_own_request_alone(
    committer: Committer, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [[row("good")], [row("beside"), row("x" * 61)], [row("good too")]]
    answers = together(committer, monkeypatch, requests)
    assert [type(answer) for answer in answers] == [type(None), NotStored, type(None)]
    assert sorted(stored()) == ["first", "good", "good too"]


def test_a_connection_that_was_cut_is_made_anew(
    committer: Committer, query: Query, stored: Any
) -> None:
    committer.store([row("before")])
    cut = query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE query LIKE '%%providers_webhookevent%%' AND datname = current_database()"
        " AND pid NOT IN (pg_backend_pid(), %s) AND state = 'idle'",
        connection.connection.info.backend_pid,
    )
    assert (True,) in cut
    committer.store([row("after")])
    assert stored() == ["before", "after"]


def test_without_a_server_nothing_is_taken_and_with_one_again(
    committer: Committer, stored: Any, rung: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "PORT", "1")
        with pytest.raises(Unreachable):
            committer.store([row("lost")])
    assert (stored(), rung) == ([], [])
    committer.store([row("found")])
    assert stored() == ["found"]


def test_a_server_that_hangs_is_neither_waited_for_nor_left_a_backlog(
    query: Query, stored: Any, rung: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    committer = Committer(patience=0.05)
    insert, answers = InboxConnection.insert, threading.Event()

    def hang(self: InboxConnection, group: list[Row]) -> None:
        answers.wait(10)
        insert(self, group)

    monkeypatch.setattr(InboxConnection, "insert", hang)
    for kind in ("begun", "given up"):
        with pytest.raises(Unreachable):
            committer.store([row(kind)])
    # The writer is known to hang by now: nobody else waits.
    with pytest.raises(Unreachable, match=r"does not answer$"):
        committer.store([row("late")])
    answers.set()
    committer.stop()
    assert stored() == ["begun"]


def test_more_than_a_statement_takes_is_stored_whole(committer: Committer, stored: Any) -> None:
    committer.store([row(str(place)) for place in range(2 * MOST_ROWS + 1)])
    assert len(stored()) == 2 * MOST_ROWS + 1
