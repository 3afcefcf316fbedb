"""A second new message, through a real browser."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.product import Running
from tests.browser.visiting import DESKTOP, sign_in

pytestmark = pytest.mark.browser

SOON = 15_000


def test_whoever_was_written_to_is_not_addressed_again(running: Running, browser: Any) -> None:
    page = browser.new_context(viewport=DESKTOP).new_page()
    sign_in(page, running, "bea@acme.example")
    page.goto(f"{running.portal}/t/acme/inbox/new/")
    page.fill("#to", "+15125550368")
    page.keyboard.press("Enter")
    page.locator("#recipients [name=to]").wait_for(state="attached", timeout=SOON)
    page.fill("#text", "For one person alone")
    page.click(".send")
    page.locator("#log .bubble", has_text="For one person alone").wait_for(timeout=SOON)

    page.goto(f"{running.portal}/t/acme/inbox/new/")
    page.wait_for_load_state("networkidle")

    assert page.locator("#recipients [name=to]").count() == 0
    assert "trunkline.draft" not in page.evaluate("Object.keys(localStorage).join()")
