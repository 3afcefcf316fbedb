"""The loop's writer against a real connection of its own; what it commits is cleaned away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from django.db import connection

from providers import loop_inbox
from providers.inbox_connection import NotStored, Unreachable
from providers.loop_committer import LoopCommitter
from providers.rows import MOST_ROWS, Row
from tests.providers.webhooks.conftest import Query
from tests.providers.webhooks.own_rows import MARK, row


class Committer(LoopCommitter):
    """One that is waited for, as a request's answer is."""

    async def store(self, rows: Sequence[Row]) -> None:
        stored = asyncio.get_running_loop().create_future()

        def tell(error: NotStored | None) -> None:
            if not stored.done():
                stored.set_result(error)

        self.hand_over(rows, tell)
        if error := await stored:
            raise type(error)(str(error))


Story = Callable[[Committer], Awaitable[Any]]


def play(story: Story, *, patience: float = 10.0) -> Any:
    async def whole() -> Any:
        committer = Committer(patience=patience)
        try:
            return await asyncio.wait_for(story(committer), 20)
        finally:
            await committer.stop()

    return asyncio.run(whole())


async def together(committer: Committer, *requests: list[Row]) -> list[Any]:
    stored = (committer.store(rows) for rows in requests)
    return await asyncio.gather(*stored, return_exceptions=True)


def test_requests_that_come_together_are_committed_together(query: Query, rung: list[bool]) -> None:
    twin = row("twin")
    requests = [[row("a"), row("b")], [twin], [twin], [row("c")]]
    assert play(lambda committer: together(committer, *requests)) == [None] * 4
    sql = (
        "SELECT array_agg(type::text ORDER BY type) FROM public.providers_webhookevent"
        " WHERE provider = %s GROUP BY xmin::text"
    )
    assert query(sql, MARK) == [(["a", "b", "c", "twin"],)]
    assert len(rung) == 1


def test_a_row_that_is_refused_fails_its_own_request_alone(stored: Any, rung: list[bool]) -> None:
    requests = [[row("good")], [row("beside"), row("x" * 61)], [row("good too")]]
    answers = play(lambda committer: together(committer, *requests))
    assert [type(answer) for answer in answers] == [type(None), NotStored, type(None)]
    assert sorted(stored()) == ["good", "good too"]


def test_more_than_a_statement_takes_goes_in_several(
    query: Query, stored: Any, rung: list[bool]
) -> None:
    requests = [[row(str(place))] for place in range(2 * MOST_ROWS + 1)]
    # Large ones: the server's buffer is full before all is written.
    requests = [[one._replace(payload=b"x" * 40_000)] for (one,) in requests]
    assert set(play(lambda committer: together(committer, *requests))) == {None}
    assert len(stored()) == 2 * MOST_ROWS + 1
    assert len(rung) == 3


def test_a_connection_that_was_cut_is_made_anew(
    cut_idle: Callable[[], bool], stored: Any, rung: list[bool]
) -> None:
    async def story(committer: Committer) -> None:
        await committer.store([row("before")])
        assert await asyncio.to_thread(cut_idle)
        await committer.store([row("after")])

    play(story)
    assert stored() == ["before", "after"]


def test_without_a_server_nothing_is_taken_and_with_one_again(
    stored: Any, rung: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(committer: Committer) -> None:
        with monkeypatch.context() as patch:
            patch.setitem(connection.settings_dict, "PORT", "1")
            with pytest.raises(Unreachable):
                await committer.store([row("lost")])
        await committer.store([row("found")])

    play(story)
    assert stored() == ["found"]
    assert len(rung) == 1


def test_a_server_that_hangs_is_neither_waited_for_nor_left_a_backlog(
    query: Query, stored: Any, rung: list[bool]
) -> None:
    async def story(committer: Committer) -> None:
        await committer.store([row("before")])
        query("BEGIN")
        query("LOCK TABLE public.providers_webhookevent IN EXCLUSIVE MODE")
        begun = asyncio.ensure_future(committer.store([row("begun")]))
        while committer.queued or not committer._task:
            await asyncio.sleep(0)
        given_up = await together(committer, [row("queued")], [row("queued too")])
        assert [type(answer) for answer in given_up] == [Unreachable] * 2
        with pytest.raises(Unreachable):
            await begun
        query("ROLLBACK")
        await committer.store([row("after")])

    play(story, patience=0.3)
    # Of what was under way nobody knows, and nobody was told.
    assert [kind for kind in stored() if kind != "begun"] == ["before", "after"]


def test_a_connection_that_comes_too_late_is_not_kept(
    rung: list[bool], query: Query, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, made = loop_inbox._connected, []

    async def story(committer: Committer) -> None:
        answers = asyncio.Event()
        loop = asyncio.get_running_loop()

        def late(patience: float) -> Any:
            asyncio.run_coroutine_threadsafe(answers.wait(), loop).result(10)
            made.append(real(patience))
            return made[-1]

        with monkeypatch.context() as patch:
            patch.setattr(loop_inbox, "_connected", late)
            with pytest.raises(Unreachable):
                await committer.store([row("lost")])
        answers.set()
        while not made or not made[0].closed:
            await asyncio.sleep(0.001)
        await committer.store([row("found")])

    play(story, patience=0.3)
    assert stored() == ["found"]


def test_a_request_that_left_keeps_nobody_waiting(stored: Any, rung: list[bool]) -> None:
    async def story(committer: Committer) -> None:
        left = asyncio.ensure_future(committer.store([row("left")]))
        await asyncio.sleep(0)
        left.cancel()
        await committer.store([row("stayed")])

    play(story)
    assert sorted(stored()) == ["left", "stayed"]
