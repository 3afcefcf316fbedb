"""The inbox as an app, in a real browser: installable, notified, and honest without a network."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.product import Running
from tests.browser.visiting import sign_in

pytestmark = pytest.mark.browser

# What is on the screen, once there are so many; what there is after the patience otherwise.
_SHOWN = """async ([count, seconds]) => {
    const app = await navigator.serviceWorker.ready;
    const end = Date.now() + seconds * 1000;
    for (;;) {
        const all = await app.getNotifications();
        if (all.length === count || Date.now() > end) {
            return all.map((one) => [one.title, one.body]).sort();
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}"""
_IN_CHARGE = """() => new Promise((resolve) => {
    if (navigator.serviceWorker.controller) resolve(true);
    navigator.serviceWorker.addEventListener("controllerchange", () => resolve(true));
})"""
_LOOK_AWAY = """() => {
    Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def inbox(running: Running, browser: Any) -> Iterator[Any]:
    """Ann's inbox, with the service worker in charge and notifications allowed."""
    context = browser.new_context()
    context.grant_permissions(["notifications"], origin=running.portal)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    sign_in(page, running, "ann@acme.example")
    page.locator("#rows a.row").first.wait_for()
    page.evaluate(_IN_CHARGE)
    yield page
    assert faults == []


@pytest.fixture
def push(inbox: Any, running: Running) -> Callable[..., None]:
    """Let the browser's push service hand over a notice."""
    devtools = inbox.context.new_cdp_session(inbox)
    known: list[dict[str, Any]] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: known.extend(event["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    # The browser tells of its workers when it gets round to it; events arrive during a call only.
    patience = time.monotonic() + 20
    while not known and time.monotonic() < patience:
        inbox.evaluate("() => new Promise((resolve) => setTimeout(resolve, 20))")
    assert known, "the browser never told of its service worker"

    def deliver(**notice: Any) -> None:
        devtools.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": running.portal,
                "registrationId": known[-1]["registrationId"],
                "data": json.dumps(notice),
            },
        )

    return deliver


def test_the_inbox_can_be_installed(inbox) -> None:
    devtools = inbox.context.new_cdp_session(inbox)
    assert devtools.send("Page.getAppManifest")["errors"] == []
    errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # The test's own profile is a private one; nothing else may be missing.
    assert [error["errorId"] for error in errors] == ["in-incognito"]


def test_a_push_shows_and_the_next_of_its_thread_replaces_it(inbox, push) -> None:
    path = inbox.locator("#rows a.row").first.get_attribute("href")
    push(title="Dana", body="Hi", tag="conversation-1", url=path, badge=1)
    assert inbox.evaluate(_SHOWN, [1, 10]) == [["Dana", "Hi"]]
    push(title="Dana", body="Are you there?", tag="conversation-1", url=path, badge=1)
    push(title="Lee", body="Hello", tag="conversation-2", url="/t/acme/inbox/999/", badge=2)
    assert inbox.evaluate(_SHOWN, [2, 10]) == [["Dana", "Are you there?"], ["Lee", "Hello"]]


def test_a_thread_that_is_open_is_not_told_of(inbox, push) -> None:
    path = inbox.locator("#rows a.row").first.get_attribute("href")
    inbox.locator("#rows a.row").first.click()
    inbox.locator("#log .bubble").first.wait_for()
    push(title="Dana", body="seen anyway", tag="conversation-1", url=path)
    push(title="Lee", body="elsewhere", tag="conversation-2", url="/t/acme/inbox/999/")
    assert inbox.evaluate(_SHOWN, [1, 10]) == [["Lee", "elsewhere"]]


def test_a_tap_on_a_notification_opens_its_thread(inbox) -> None:
    path = inbox.locator("#rows a.row").first.get_attribute("href")
    (worker,) = inbox.context.service_workers
    with inbox.expect_navigation(url=f"**{path}"):
        # Without a person's hand nothing may be focused: the rest of the way fails here.
        worker.evaluate("""(url) => { open(new URL(url, location).href).catch(() => {}); }""", path)
    inbox.locator("#log .bubble").first.wait_for()


def test_an_open_page_in_the_background_tells_by_itself(inbox, running, browser) -> None:
    with inbox.expect_response("**/inbox/news/"):
        inbox.evaluate(_LOOK_AWAY)
    handset = browser.new_context().new_page()
    handset.goto(running.handset)
    handset.select_option("#our-number", "+19195550101")
    handset.fill("#customer-number", "+15125550377")
    handset.fill("#text", "While you were away")
    handset.click("#send")
    assert inbox.evaluate(_SHOWN, [1, 40]) == [["(512) 555-0377", "While you were away"]]


def test_without_a_network_no_text_is_shown(inbox, running) -> None:
    inbox.context.set_offline(True)
    inbox.goto(f"{running.portal}/t/acme/inbox/")
    assert inbox.inner_text("h1") == "No connection"
    kept = inbox.evaluate(
        """caches.keys().then((names) => Promise.all(names.map(async (name) =>
            (await (await caches.open(name)).keys()).map((one) => new URL(one.url).pathname))))"""
    )
    (paths,) = kept
    assert "/t/acme/inbox/offline/" in paths
    assert all(path.startswith("/static/") or path.endswith("/offline/") for path in paths)
    inbox.context.set_offline(False)
    inbox.get_by_role("link", name="Try again").click()
    inbox.locator("#rows a.row").first.wait_for()


def test_the_own_page_fits_a_phone(inbox, running) -> None:
    inbox.set_viewport_size({"width": 360, "height": 740})
    inbox.goto(f"{running.portal}/t/acme/inbox/me/")
    inbox.get_by_role("button", name="Turn on notifications").wait_for()
    assert inbox.evaluate("document.querySelector('.me').scrollWidth") <= 360
    inbox.get_by_label("Dark").check()
    inbox.reload()
    assert inbox.evaluate("document.documentElement.className") == "dark"
