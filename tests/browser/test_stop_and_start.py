"""A customer says STOP and START on the handset, and the inbox follows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.product import Running
from tests.browser.visiting import sign_in

CUSTOMER = "+15125550388"

pytestmark = pytest.mark.browser


def test_stop_is_confirmed_closes_the_composer_and_start_opens_it_again(
    running: Running, browser: Any
) -> None:
    handset = browser.new_context().new_page()
    handset.goto(running.handset)
    handset.select_option("#our-number", "+19195550101")
    handset.fill("#customer-number", CUSTOMER)

    def text(words: str) -> None:
        handset.fill("#text", words)
        handset.click("#send")

    def hears(words: str) -> None:
        handset.locator("#thread .bubble", has_text=words).first.wait_for(timeout=15_000)

    inbox = browser.new_context().new_page()
    sign_in(inbox, running, "ann@acme.example")
    text("Do I need an X-ray?")
    row = inbox.locator("#rows a.row", has_text="Do I need an X-ray?")
    row.wait_for(timeout=15_000)
    row.click()
    inbox.locator("#composer #text").wait_for()

    text("Stop.")
    hears("Acme Dental Group: You have opted out")
    inbox.reload()
    inbox.locator("#log .bubble.is-ours", has_text="You have opted out").first.wait_for()
    inbox.get_by_text("Automatic answer").first.wait_for()
    assert inbox.locator("#composer textarea").count() == 0
    assert "STOP" in inbox.locator("main").inner_text()

    text("START")
    hears("You will get texts from this number again")
    inbox.reload()
    inbox.locator("#text").wait_for()

    ledger = browser.new_context().new_page()
    sign_in(ledger, running, "admin@acme.example")
    ledger.goto(f"{running.portal}/t/acme/messaging/consententry/?q=5125550388")
    table = ledger.locator("#result_list").inner_text()
    assert "Opted out" in table
    assert "Opted in" in table
