"""A morning at the inbox of extension 101, through a real browser."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.product import Running
from tests.browser.visiting import sign_in

pytestmark = pytest.mark.browser

SOON = 12_000


def _text(handset: Any, words: str) -> None:
    handset.select_option("#our-number", "+19195550101")
    handset.fill("#customer-number", "+15125550388")
    handset.fill("#text", words)
    handset.click("#send")


def _focus(page: Any) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.tagName"))


def test_a_morning_at_the_inbox(running: Running, browser: Any) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 700}).new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    sign_in(page, running, "ann@acme.example")
    handset = browser.new_context().new_page()
    handset.goto(running.handset)
    for number in range(55):
        _text(handset, f"Number {number}" + (" zebrafish" if number == 2 else ""))
    row = page.locator("#rows a.row", has_text="Number 54")
    row.wait_for(timeout=SOON)

    # An old message is found and stays in sight, though the thread opens at its end as a rule.
    page.fill("#q", "zebrafish")
    page.locator("#rows mark", has_text="zebrafish").wait_for(timeout=SOON)
    page.locator("#rows a.row").first.click()
    sought = page.locator(".bubble.is-sought", has_text="zebrafish")
    sought.wait_for(timeout=SOON)
    page.wait_for_timeout(400)
    box = sought.bounding_box()
    assert 100 < box["y"] < 600
    page.click("#newest")
    last = page.locator(".bubble").last
    page.locator(".bubble", has_text="Number 54").wait_for(timeout=SOON)

    # A scheduled message is changed in place: the rest of the thread stays, and so does the focus.
    shown = page.locator(".bubble").count()
    page.fill("#text", "Come at five")
    page.click("[title='Send later']")
    page.locator("#sheet .choices button").first.click()
    page.locator("#later .chip").wait_for(timeout=SOON)
    page.click(".send")
    last.get_by_text("Edit").click(timeout=SOON)
    page.fill("#scheduled-text", "Come at six")
    page.locator("#sheet button[type=submit]").click()
    page.locator(".bubble", has_text="Come at six").wait_for(timeout=SOON)
    page.locator("#sheet").wait_for(state="hidden")
    assert page.locator(".bubble").count() > shown
    assert _focus(page) != "BODY"
    last.get_by_text("Cancel").click()
    last.locator(".status", has_text="Canceled").wait_for(timeout=SOON)
    assert _focus(page) == "log"
    assert page.locator(".is-sought", has_text="Come at").count() == 0

    # Whoever reads far back is left in peace, and told.
    page.evaluate("document.getElementById('log').scrollTop = 0")
    top = page.locator(".bubble").first
    before, name = top.bounding_box()["y"], top.get_attribute("id")
    _text(handset, "Are you there?")
    page.locator(".bubble", has_text="Are you there?").wait_for(state="attached", timeout=SOON)
    page.locator("#newer").wait_for(timeout=SOON)
    assert abs(page.locator(f"#{name}").bounding_box()["y"] - before) < 2
    ids = page.evaluate("[...document.querySelectorAll('.bubble')].map((each) => each.id)")
    assert len(ids) == len(set(ids))

    page.click("#unread button")
    page.locator(".nothing").wait_for(timeout=SOON)
    assert faults == []


def test_what_a_sheet_offers_works_from_its_first_moment(running: Running, browser: Any) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 700}).new_page()
    sign_in(page, running, "bea@acme.example")
    page.locator("#rows a.row").first.click()
    page.fill("#text", "Come at five")
    # As quick as nobody is: the choice is made in the moment in which it can be seen.
    page.evaluate(
        """() => {
          const show = HTMLDialogElement.prototype.showModal;
          HTMLDialogElement.prototype.showModal = function () {
            show.call(this);
            this.querySelector(".choices button").click();
          };
        }"""
    )

    page.click("[title='Send later']")

    page.locator("#later .chip").wait_for(timeout=SOON)


def test_what_is_pressed_in_a_thread_outlives_its_refresh(running: Running, browser: Any) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 700}).new_page()
    sign_in(page, running, "bea@acme.example")
    page.locator("#rows a.row").first.click()
    page.fill("#text", "Come at seven")
    page.click("[title='Send later']")
    page.locator("#sheet .choices button").first.click()
    page.locator("#later .chip").wait_for(timeout=SOON)
    page.click(".send")
    last = page.locator(".bubble", has_text="Come at seven")

    def is_refresh(response: Any) -> bool:
        return bool(response.url.partition("?")[0].endswith("/messages/"))

    # The answer to the press is on its way while the thread is refreshed.
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route("**/edit/", hold)
    last.get_by_text("Edit").click(timeout=SOON)
    with page.expect_response(is_refresh):
        page.evaluate("htmx.trigger('#log', 'refresh')")
    held[0].continue_()
    page.locator("#scheduled-text").wait_for(timeout=SOON)
    page.keyboard.press("Escape")

    # The message is drawn anew between the press and the letting go.
    page.unroute("**/edit/")
    last.get_by_text("Edit").hover()
    page.mouse.down()
    with page.expect_response(is_refresh):
        page.evaluate(
            """() => {
              document.querySelector(".bubble:last-of-type time").textContent = "stale";
              htmx.trigger("#log", "refresh");
            }"""
        )
    page.mouse.up()
    page.locator("#scheduled-text").wait_for(timeout=SOON)
