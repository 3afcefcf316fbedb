"""The main job on the running product, through a real browser: handset, inbox, reply, delivered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.product import Running
from tests.browser.visiting import sign_in

pytestmark = pytest.mark.browser


def test_a_customers_text_is_read_answered_and_delivered(running: Running, browser: Any) -> None:
    inbox = browser.new_context().new_page()
    sign_in(inbox, running, "ann@acme.example")
    assert inbox.url == f"{running.portal}/t/acme/inbox/"

    handset = browser.new_context().new_page()
    handset.goto(running.handset)
    handset.select_option("#our-number", "+19195550101")
    handset.fill("#customer-number", "+15125550300")
    handset.fill("#text", "Is my crown ready? 🦷")
    handset.click("#send")

    # Without a reload, and sooner than the slow poll would: the hint makes the list fetch itself.
    row = inbox.locator("#rows a.row", has_text="Is my crown ready? 🦷")
    row.wait_for(timeout=12_000)
    assert row.locator(".count").inner_text().startswith("1")
    row.click()
    inbox.locator("#log .bubble.is-theirs", has_text="Is my crown ready?").wait_for()
    inbox.fill("#text", "Yes, come at 5 pm")
    inbox.press("#text", "Enter")

    handset.locator("#thread .bubble.in", has_text="Yes, come at 5 pm").or_(
        handset.locator("#thread .bubble", has_text="Yes, come at 5 pm")
    ).first.wait_for(timeout=12_000)
    sent = inbox.locator("#log .bubble.is-ours", has_text="Yes, come at 5 pm")
    sent.locator(".status", has_text="Delivered").wait_for(timeout=12_000)
    assert sent.count() == 1


def test_copy_webhook_puts_the_address_of_the_selected_row_on_the_clipboard(
    running: Running, browser: Any
) -> None:
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=running.portal)
    page = context.new_page()
    sign_in(page, running, "admin@acme.example")
    page.goto(f"{running.portal}/t/acme/messaging/smsconfiguration/")
    page.locator("input.action-select").first.check()
    page.get_by_role("button", name="Copy Webhook", exact=True).click()
    page.get_by_text("Copied").first.wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{running.portal}/webhook/bandwidth/sms/")
