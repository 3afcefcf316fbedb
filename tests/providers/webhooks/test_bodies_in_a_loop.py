"""Bodies that do not come: the intake keeps no place for them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from providers import loop_bodies
from providers.loop_bodies import Bodies, EndedEarly, TooLarge, TooLong


def read(*messages: dict[str, Any], headers: dict[str, str] | None = None) -> bytes:
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    return asyncio.run(asyncio.wait_for(Bodies().read(headers or {}, receive), 10))


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_bodies, "SECONDS", 0.02)
    monkeypatch.setattr(loop_bodies, "_TICK", 0.01)


def test_a_body_in_parts_is_whole() -> None:
    assert read(part(b"[1,", more=True), part(b"2]")) == b"[1,2]"


@pytest.mark.parametrize("begun", [(), (part(b"[", more=True),)], ids=["nothing", "a beginning"])
@pytest.mark.usefixtures("impatient")
def test_a_body_that_does_not_come_is_not_waited_for(begun: Any) -> None:
    with pytest.raises(TooLong):
        read(*begun)


@pytest.mark.usefixtures("impatient")
def test_one_that_waits_ends_and_another_begun_later_goes_on() -> None:
    async def story() -> list[Any]:
        bodies, whole = Bodies(), asyncio.Event()

        async def never() -> Any:
            await asyncio.Event().wait()

        async def later() -> Any:
            await whole.wait()
            return part(b"[]")

        dripping = asyncio.ensure_future(bodies.read({}, never))
        await asyncio.sleep(0)
        loop_bodies.SECONDS = 60.0
        patient = asyncio.ensure_future(bodies.read({}, later))
        await asyncio.wait({dripping})
        whole.set()
        return await asyncio.gather(dripping, patient, return_exceptions=True)

    late, body = asyncio.run(asyncio.wait_for(story(), 10))
    assert (type(late), body) == (TooLong, b"[]")


@pytest.mark.usefixtures("impatient")
def test_a_request_that_the_server_ends_is_no_late_body() -> None:
    async def story() -> None:
        async def never() -> Any:
            await asyncio.Event().wait()

        reading = asyncio.ensure_future(Bodies().read({}, never))
        await asyncio.sleep(0)
        reading.cancel()
        await reading

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(asyncio.wait_for(story(), 10))


@pytest.mark.parametrize(
    ("messages", "headers", "error"),
    [
        ((part(b"[", more=True), {"type": "http.disconnect"}), {}, EndedEarly),
        ((part(b"[]"),), {"content-length": "700"}, EndedEarly),
        ((), {"content-length": "1048577"}, TooLarge),
        ((), {"content-length": "9" * 5000}, TooLarge),
        ((part(b"x" * 1048570, more=True), part(b"x" * 7, more=True)), {}, TooLarge),
    ],
    ids=["client left", "shorter than said", "says so", "says more than that", "in parts"],
)
def test_a_body_that_is_not_whole_or_too_large_is_refused(
    messages: Any, headers: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        read(*messages, headers=headers)
