"""Content help, pictures that are too large, and answering a group, through a real browser."""

# ruff: noqa: RUF001  # typed as phones do

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.product import Running
from tests.browser.visiting import DESKTOP, sign_in
from tests.messaging.media.photographs import photograph

pytestmark = pytest.mark.browser

SOON = 15_000


def test_a_text_is_made_plain_and_a_photograph_smaller(running: Running, browser: Any) -> None:
    page = browser.new_context(viewport=DESKTOP).new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    sign_in(page, running, "bea@acme.example")
    page.goto(f"{running.portal}/t/acme/inbox/new/?to=%2B15125550366,%2B15125550367")
    page.check("#individually", timeout=SOON)

    # Advice comes as one pauses; a press mends the text, and Ctrl+Z takes it back.
    page.fill("#text", "Acme: it’s “ready” – see you…")
    plain = page.get_by_role("button", name="Make it plain text")
    plain.wait_for(timeout=SOON)
    assert "Unicode" in page.inner_text("#counter")
    plain.click()
    page.locator(".advice-item").wait_for(state="detached", timeout=SOON)
    assert page.input_value("#text") == 'Acme: it\'s "ready" - see you...'
    assert "Unicode" not in page.inner_text("#counter")
    page.keyboard.press("Control+z")
    assert page.input_value("#text") == "Acme: it’s “ready” – see you…"

    # A photograph larger than a carrier takes is made smaller, and that is told.
    picture = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photograph()}
    page.set_input_files("#files", files=[picture])
    page.locator(".chip-notice", has_text="Made smaller to fit").wait_for(timeout=2 * SOON)

    # As a group it says so; then it is answered to each.
    page.uncheck("#individually")
    page.locator("#recipients .hint", has_text="Group message").wait_for(timeout=SOON)
    page.click(".send")
    page.locator(".notice-file", has_text="Made smaller to fit").wait_for(timeout=2 * SOON)
    page.locator(".each .status", has_text="Delivered").nth(1).wait_for(timeout=2 * SOON)
    page.check("#individually")
    page.fill("#text", "Just you")
    page.click(".send")
    page.locator("#sent-apart", has_text="Sent to 2 people").wait_for(timeout=SOON)
    assert page.locator(".bubble", has_text="Just you").count() == 0
    for row in ("555-0366", "555-0367"):
        page.locator("#rows a.row", has_text=row).filter(has_text="Just you").first.wait_for(
            timeout=SOON
        )
    assert faults == []
