"""A shared number's day: a text is given to Ann, passed to Bea, done, and comes back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.product import Running
from tests.browser.visiting import sign_in

SHARED_NUMBER = "+19195550103"
CUSTOMER = "+15125550377"
SOON = 12_000

pytestmark = pytest.mark.browser


def _page_of(browser: Any, running: Running, email: str) -> Any:
    page = browser.new_context().new_page()
    sign_in(page, running, email)
    return page


def _text_in(browser: Any, running: Running, text: str) -> None:
    handset = browser.new_context().new_page()
    handset.goto(running.handset)
    handset.select_option("#our-number", SHARED_NUMBER)
    handset.fill("#customer-number", CUSTOMER)
    handset.fill("#text", text)
    handset.click("#send")
    handset.context.close()


def _row(page: Any, text: str) -> Any:
    return page.locator("#rows a.row", has_text=text)


def test_a_shared_conversation_from_hand_to_hand(running: Running, browser: Any) -> None:
    ann = _page_of(browser, running, "ann@acme.example")
    bea = _page_of(browser, running, "bea@acme.example")
    _text_in(browser, running, "Do you have a time on Friday?")
    for page in (ann, bea):
        _row(page, "time on Friday").wait_for(timeout=SOON)
        _row(page, "time on Friday").click()
        page.locator(".is-event", has_text="by turn").wait_for(timeout=SOON)

    # Whoever's turn it was, Ann has it now.
    if ann.locator(".handling button", has_text="Take over").count():
        ann.on("dialog", lambda dialog: dialog.accept())
        ann.get_by_role("button", name="Take over").click()
    ann.locator(".handling", has_text="You handle it").wait_for(timeout=SOON)
    bea.locator(".handling", has_text="Handled by Ann Archer").wait_for(timeout=SOON)

    # A note that mentions Bea, who looks at something else.
    bea.goto(f"{running.portal}/t/acme/inbox/")
    ann.locator("#note-box summary").click()
    ann.locator("#colleagues li").first.wait_for(state="attached", timeout=SOON)
    ann.locator("#note").press_sequentially("Friday is yours, @be")
    ann.locator("#colleagues li", has_text="Bea Bright").wait_for(timeout=SOON)
    ann.locator("#note").press("Enter")
    assert ann.input_value("#note") == "Friday is yours, @Bea Bright "
    ann.get_by_role("button", name="Save note").click()
    ann.locator("#log .is-note", has_text="Friday is yours").wait_for(timeout=SOON)
    bea.locator(".row.is-mentioned", has_text="time on Friday").wait_for(timeout=SOON)
    _row(bea, "time on Friday").click()
    bea.locator("#log .is-note", has_text="Friday is yours").wait_for(timeout=SOON)
    bea.locator(".row.is-mentioned").wait_for(state="detached", timeout=SOON)

    ann.locator(".passing-on summary").click()
    ann.locator("#pass-to").select_option("102")
    ann.locator("#passing-on").get_by_role("button", name="Transfer").click()
    ann.locator(".handling", has_text="Handled by Bea Bright").wait_for(timeout=SOON)
    bea.locator(".handling", has_text="You handle it").wait_for(timeout=SOON)
    bea.locator(".is-event", has_text="transferred it to Bea Bright").wait_for(timeout=SOON)

    bea.fill("#text", "Friday at nine?")
    bea.press("#text", "Enter")
    bea.locator("#log .bubble.is-ours", has_text="Friday at nine?").wait_for(timeout=SOON)
    bea.get_by_role("button", name="Mark done").click()
    bea.locator(".handling", has_text="Done").wait_for(timeout=SOON)
    _row(bea, "Friday at nine?").wait_for(state="detached", timeout=SOON)

    _text_in(browser, running, "Nine is perfect, see you")
    _row(bea, "Nine is perfect").wait_for(timeout=SOON)
    bea.locator(".is-event", has_text="Open again").wait_for(timeout=SOON)
    assert bea.locator(".handling", has_text="You handle it").count() == 1
