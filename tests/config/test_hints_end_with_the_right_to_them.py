"""Whoever is shut out hears no more at once, by the open page or by its address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import redis
from django.conf import settings
from django_tenants.utils import tenant_context

from config import events
from messaging import endings, hint_tokens
from tenants import sessions
from tenants.audit import change
from tenants.models import Membership, Tenant, User
from tests.config.test_events import ACME, GLOBEX, PERSON, Page, opened, run, subscribed

OTHER = PERSON + 1
Committed = Callable[..., AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def _nobody_is_shut_out() -> Iterator[None]:
    # Before as well: another test may have suspended Acme in this very second.
    _forget()
    yield
    _forget()


def _forget() -> None:
    events.hub._ended.clear()
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(hint_tokens.ENDINGS_KEY)


async def _is_open(page: Page) -> bool:
    """Ask whether the page's address still opens a stream."""
    again = Page(page.scope["path"])
    status = (await again.start())["status"]
    if status == 200:
        await again.leave()
    return bool(status == 200)


@pytest.mark.parametrize(
    ("schema_name", "person", "ended"),
    [
        pytest.param(ACME, PERSON, {"acme"}, id="a member"),
        pytest.param("", PERSON, {"acme", "globex"}, id="a person everywhere"),
        pytest.param(ACME, 0, {"acme", "colleague"}, id="a tenant"),
        pytest.param(GLOBEX, OTHER, set(), id="nobody here"),
    ],
)
def test_the_pages_of_whom_it_concerns_end_and_do_not_come_back(
    schema_name: str, person: int, ended: set[str], django_capture_on_commit_callbacks: Committed
) -> None:
    async def story() -> None:
        await subscribed()
        pages = {
            "acme": await opened(ACME, "101"),
            "globex": await opened(GLOBEX),
            "colleague": await opened(ACME, None, OTHER),
        }
        endings._tell(endings.json.dumps([schema_name, person]))
        for name in ended:
            await asyncio.wait_for(pages[name].task, 5)
        await subscribed_anew()
        assert {name for name, page in pages.items() if page.task.done()} == ended
        assert {name for name, page in pages.items() if not await _is_open(page)} == ended
        for name in pages.keys() - ended:
            await pages[name].leave()

    async def subscribed_anew() -> None:
        # Behind a restart of the events process, too, which forgot all it had heard.
        await events.hub.stop()
        events.hub._ended.clear()
        await subscribed()

    run(story)


def test_a_later_address_is_good() -> None:
    async def story() -> None:
        await subscribed()
        page = await opened(ACME)
        body = endings.json.dumps([ACME, PERSON])
        events.hub._end([(body.encode(), hint_tokens.signed_at(page.scope["path"]) - 1.0)])
        assert await _is_open(page)
        await page.leave()

    run(story)


def _suspend(bob: User) -> None:
    change(Tenant.objects.filter(slug="acme"), is_active=False)


def _save(bob: User, **fields: Any) -> None:
    membership = Membership.objects.get(user=bob)
    for name, value in fields.items():
        setattr(membership, name, value)
    membership.save()


@pytest.mark.parametrize(
    ("what", "is_over"),
    [
        pytest.param(lambda bob: _save(bob, is_active=False), True, id="membership switched off"),
        pytest.param(
            lambda bob: change(Membership.objects.filter(user=bob), is_active=False),
            True,
            id="membership switched off in the list",
        ),
        pytest.param(lambda bob: _save(bob, extension="102"), True, id="another extension"),
        pytest.param(lambda bob: bob.memberships.get().delete(), True, id="membership deleted"),
        pytest.param(sessions.switch_off, True, id="account deactivated"),
        pytest.param(sessions.end_sessions, True, id="signed out everywhere"),
        pytest.param(lambda bob: bob.delete(), True, id="account deleted"),
        pytest.param(_suspend, True, id="tenant suspended"),
        pytest.param(lambda bob: bob.save(update_fields=["last_login"]), False, id="signed in"),
        pytest.param(
            lambda bob: Tenant.objects.get(slug="acme").save(), False, id="tenant's settings saved"
        ),
    ],
)
def test_what_shuts_out_ends_the_page(
    acme: Tenant,
    bob: User,
    alice: User,
    what: Callable[[User], object],
    is_over: bool,  # noqa: FBT001
    django_capture_on_commit_callbacks: Committed,
) -> None:
    key = bob.pk
    tokens = {u: hint_tokens.token(acme.schema_name, u, "101") for u in (key, alice.pk)}
    with django_capture_on_commit_callbacks(execute=True), tenant_context(acme):
        what(bob)

    async def story() -> None:
        await subscribed()
        assert await _is_open(Page(f"/events/{tokens[key]}")) is not is_over
        assert await _is_open(Page(f"/events/{tokens[alice.pk]}")) is (what is not _suspend)

    run(story)
