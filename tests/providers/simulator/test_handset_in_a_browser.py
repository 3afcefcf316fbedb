"""The handset page in a real browser."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from providers.bandwidth.provider import BandwidthProvider
from providers.simulator.server import RunningSimulator
from providers.types import MediaFile, OutboundMessage
from tests.browser.product import CHROMIUM
from tests.providers.simulator.conftest import CUSTOMER, OURS

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


@pytest.fixture
def page() -> Iterator[Any]:
    """A browser page that fails the test for anything it complains about."""
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 390, "height": 844})
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text))
        yield page
        chromium.close()
    assert complaints == []


@pytest.mark.browser
def test_a_conversation_takes_place(
    page: Any, simulator: RunningSimulator, adapter: BandwidthProvider
) -> None:
    page.goto(simulator.base_url)
    assert page.title() == "Handset · stand-in Bandwidth"
    assert page.input_value("#customer-number") == CUSTOMER
    page.wait_for_selector(f"#our-number option:text('{OURS}')", state="attached")
    page.fill("#text", "<b>Hello</b>")
    page.set_input_files(
        "#attach", files=[{"name": "a.png", "mimeType": "image/png", "buffer": PIXEL}]
    )
    page.click("#send")
    page.wait_for_selector("#thread .bubble.out img")
    assert page.inner_text(".bubble.out .text") == "<b>Hello</b>"
    url = adapter.upload_media(MediaFile(content=PIXEL, content_type="image/png"), name="x/b.png")
    adapter.send(
        OutboundMessage(
            sender=OURS, recipients=(CUSTOMER,), text="Hi there", tag="t", media_urls=(url,)
        )
    )
    page.wait_for_selector("#thread .bubble.in img")
    assert page.inner_text(".bubble.in .text") == "Hi there"
    page.wait_for_selector("#callbacks li:has-text('202 in')")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_what_is_typed_while_a_text_goes_out_is_the_next_one(
    page: Any, simulator: RunningSimulator, adapter: BandwidthProvider
) -> None:
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.goto(simulator.base_url)
    page.wait_for_selector(f"#our-number option:text('{OURS}')", state="attached")
    page.route("**/handset/messages", hold)
    page.fill("#text", "One")
    page.click("#send")
    page.fill("#text", "Two")
    page.press("#text", "Enter")
    held.pop().continue_()
    page.wait_for_selector(".bubble.out :text('One')")
    page.wait_for_selector("#send:enabled")
    page.unroute("**/handset/messages")
    page.click("#send")
    page.wait_for_selector(".bubble.out :text('Two')")
    assert held == []
    assert page.locator(".bubble.out").count() == 2
