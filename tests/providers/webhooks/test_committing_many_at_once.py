"""The writer thread against a real connection of its own; what it commits is cleaned away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from providers.committer import Committer
from providers.inbox_connection import InboxConnection, NotStored, Unreachable
from providers.rows import MOST_ROWS, Row
from tests.providers.webhooks.conftest import Query
from tests.providers.webhooks.own_rows import MARK, row


@pytest.fixture
def committer(query: Query, rung: list[bool]) -> Iterator[Committer]:
    made = Committer(patience=10)
    yield made
    made.stop()


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
    committer: Committer, cut_idle: Callable[[], bool], stored: Any
) -> None:
    committer.store([row("before")])
    assert cut_idle()
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
