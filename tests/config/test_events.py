"""Live hints: who hears of which conversation, and what the stream looks like."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.core import signing

from config import events, processes
from config.streams import EVERYTHING, Stream
from messaging import hint_tokens
from tenants.models import Membership, Tenant, User

# Hints are heard across Valkey's databases: no other test, beside this one, may speak of these.
ACME = f"t_acme_{uuid4().hex}"
GLOBEX = f"t_globex_{uuid4().hex}"
# Nor may an account have this number, which is shut out somewhere else.
PERSON = 10**9 + uuid4().int % 10**9


class Page:
    """Browser's side of one request to the application, without a network."""

    def __init__(self, path: str, method: str = "GET") -> None:
        self.scope = {"type": "http", "path": path, "method": method, "headers": []}
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.sent.put(dict(message))

    async def start(self) -> dict[str, Any]:
        self.task = asyncio.ensure_future(events.application(self.scope, self.receive, self.send))
        return await self._next()

    async def line(self) -> str:
        return (await self._next())["body"].decode()

    async def leave(self) -> None:
        self.gone.set()
        await asyncio.wait_for(self.task, 5)

    async def _next(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.sent.get(), 5)


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        try:
            await asyncio.wait_for(story(), 20)
        finally:
            await events.hub.stop()

    asyncio.run(whole())


def publish(schema_name: str, conversation: int, extension: str = "") -> None:
    body = json.dumps({"conversation": conversation, "extension": extension})
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.publish(hint_tokens.channel(schema_name), body)


async def subscribed() -> None:
    events.hub.ensure_running()
    await asyncio.wait_for(events.hub.subscribed.wait(), 5)


async def opened(schema_name: str, extension: str | None = None, person: int = PERSON) -> Page:
    page = Page(f"/events/{hint_tokens.token(schema_name, person, extension)}")
    start = await page.start()
    assert start["status"] == 200
    assert (await page.line()).startswith("retry:")
    return page


def test_health_is_answered() -> None:
    async def story() -> None:
        page = Page("/events/health")
        assert (await page.start())["status"] == 200

    run(story)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/events/forged", "GET", 204),
        ("/events/", "GET", 204),
        ("/events/" + "x" * 5000, "GET", 204),
        ("/events/" + signing.dumps([ACME, 7, None], salt="another"), "GET", 204),
        ("/events/" + signing.dumps("no list", salt=hint_tokens.TOKEN_SALT), "GET", 204),
        ("/events/health", "POST", 405),
        ("/", "GET", 404),
    ],
    ids=["forged", "empty", "long", "of-another-purpose", "odd-shape", "post", "elsewhere"],
)
def test_what_is_no_token_opens_no_stream(path: str, method: str, status: int) -> None:
    async def story() -> None:
        assert (await Page(path, method).start())["status"] == status

    run(story)


def test_an_old_token_opens_no_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    text = hint_tokens.token(ACME, PERSON, None)
    monkeypatch.setattr(hint_tokens, "TOKEN_MAX_AGE", -1)

    async def story() -> None:
        assert (await Page(f"/events/{text}").start())["status"] == 204

    run(story)


def test_no_stream_outlives_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hint_tokens, "TOKEN_MAX_AGE", 1)

    async def story() -> None:
        page = await opened(ACME)
        await asyncio.wait_for(page.task, 5)
        assert not hint_tokens.seconds_left(page.scope["path"]) > 1

    run(story)


def test_who_is_shut_out_gets_no_new_address_for_hints(
    signed_in: Any, alice: User, acme: Tenant
) -> None:
    assert hint_tokens.TOKEN_MAX_AGE <= 3600
    client = signed_in(alice)
    assert "/events/" in client.get("/t/acme/inbox/events/").content.decode()
    Membership.objects.filter(user=alice).update(is_active=False)
    assert client.get("/t/acme/inbox/events/").status_code == 403
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)
    assert client.get("/t/acme/inbox/events/").status_code == 404


def test_the_stream_is_neither_cached_nor_buffered() -> None:
    async def story() -> None:
        page = Page(f"/events/{hint_tokens.token(ACME, PERSON, None)}")
        headers = dict((await page.start())["headers"])
        assert headers[b"content-type"].startswith(b"text/event-stream")
        assert headers[b"cache-control"] == b"no-store"
        assert headers[b"x-accel-buffering"] == b"no"
        assert headers[b"access-control-allow-origin"] == b"*"
        await page.leave()

    run(story)


def test_a_hint_says_the_conversation_and_nothing_else() -> None:
    async def story() -> None:
        await subscribed()
        page = await opened(ACME)
        publish(ACME, 12, "101")
        assert await page.line() == 'data: {"conversation": 12}\n\n'
        await page.leave()

    run(story)


@pytest.mark.parametrize(
    ("schema_name", "extension"),
    [
        (GLOBEX, None),
        (ACME[:-1], None),
        (ACME, "102"),
        (ACME, ""),
    ],
    ids=["other-tenant", "prefix-of-the-name", "other-extension", "no-extension"],
)
def test_a_page_hears_nothing_of_what_it_may_not_see(
    schema_name: str, extension: str | None
) -> None:
    async def story() -> None:
        await subscribed()
        stranger = await opened(schema_name, extension)
        admin = await opened(ACME)
        publish(ACME, 12, "101" if extension != "" else "")
        assert "12" in await admin.line()
        assert stranger.sent.empty()
        await stranger.leave()
        await admin.leave()

    run(story)


def test_an_extension_hears_of_its_own_conversations() -> None:
    async def story() -> None:
        await subscribed()
        page = await opened(ACME, "101")
        publish(ACME, 5, "101")
        assert "5" in await page.line()
        await page.leave()

    run(story)


def test_a_broken_hint_harms_nobody() -> None:
    async def story() -> None:
        await subscribed()
        page = await opened(ACME)
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.publish(hint_tokens.channel(ACME), b"\xff not json")
            client.publish(hint_tokens.channel(ACME), b'["conversation"]')
        publish(ACME, 6)
        assert "6" in await page.line()
        await page.leave()

    run(story)


def test_a_page_that_is_silent_is_pinged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.hints.PING_SECONDS", 0.01)

    async def story() -> None:
        await subscribed()
        page = await opened(ACME)
        assert await page.line() == ": ping\n\n"
        await page.leave()

    run(story)


def test_a_page_that_left_is_forgotten() -> None:
    async def story() -> None:
        page = await opened(ACME)
        await page.leave()
        assert events.hub.open_pages() == 0
        assert not events.hub._people

    run(story)


def test_hints_that_come_together_are_told_together_and_each_once() -> None:
    async def story() -> None:
        await subscribed()
        page = await opened(ACME)
        for conversation in (1, 2, 3, 2):
            publish(ACME, conversation)
        assert await page.line() == 'data: {"conversation": 1}\n\n'
        assert await page.line() == 'data: {"conversation": 2}\n\ndata: {"conversation": 3}\n\n'
        await page.leave()

    run(story)


def test_a_flood_of_hints_is_told_as_one() -> None:
    async def story() -> None:
        await subscribed()
        page = await opened(ACME)
        bodies = [json.dumps({"conversation": number, "extension": ""}) for number in range(100)]
        with redis.Redis.from_url(settings.REDIS_URL) as client, client.pipeline() as pipe:
            for body in bodies:
                pipe.publish(hint_tokens.channel(ACME), body)
            pipe.execute()
        assert await page.line() == 'data: {"conversation": 0}\n\n'
        assert await page.line() == "data: {}\n\n"
        await page.leave()

    run(story)


def test_a_page_that_takes_nothing_is_told_everything_when_it_takes_again() -> None:
    sent: list[bytes] = []
    takes = asyncio.Event()

    async def send(message: Any) -> None:
        await takes.wait()
        sent.append(message.get("body", b""))

    async def story() -> None:
        stream = Stream(send, {"type": "http.response.start"})
        living = asyncio.ensure_future(stream.last(asyncio.sleep(60), seconds=60))
        await asyncio.sleep(0)
        for number in range(50):
            stream.tell(b"data: %d\n\n" % number)
        takes.set()
        while len(sent) < 2:
            await asyncio.sleep(0)
        stream.end()
        await asyncio.wait_for(living, 5)
        assert sent[1].startswith(EVERYTHING)
        assert len(sent[1]) < 500

    run(story)


def test_a_page_that_takes_nothing_for_long_is_given_up() -> None:
    async def send(_message: Any) -> None:
        await asyncio.Event().wait()

    async def story() -> None:
        stream = Stream(send, {"type": "http.response.start"})
        living = asyncio.ensure_future(stream.last(asyncio.sleep(60), seconds=60))
        await asyncio.sleep(0)
        stream.tend(stream.last_write + 31, silence=20, patience=30)
        await asyncio.sleep(0)
        stream.end()
        await asyncio.wait_for(living, 5)

    run(story)


def test_one_page_more_than_a_person_may_open_ends_the_oldest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("config.hints.MOST_PER_PERSON", 2)

    async def story() -> None:
        oldest, other, newest = [await opened(ACME) for _ in range(3)]
        await asyncio.wait_for(oldest.task, 5)
        assert not other.task.done()
        assert not newest.task.done()
        await other.leave()
        await newest.leave()

    run(story)


def test_after_valkey_came_back_pages_are_told_to_fetch_everything(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    working, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    monkeypatch.setattr("config.hints._FIRST_PAUSE", 0.01)

    async def story() -> None:
        page = await opened(ACME)
        assert not events.hub.subscribed.is_set()
        settings.REDIS_URL = working
        assert await page.line() == "data: {}\n\n"
        await page.leave()

    run(story)


def test_the_events_process_loads_neither_models_nor_a_database_driver() -> None:
    script = (
        "import sys, config.events;"
        "print([name for name in sys.modules if name.startswith(('psycopg', 'messaging.models'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_granian_is_told_to_hold_more_pages_than_its_backlog_is_long() -> None:
    argv = list(processes.events(host="127.0.0.1", port=1, env={}).argv)
    assert int(argv[argv.index("--backpressure") + 1]) >= 10_000
