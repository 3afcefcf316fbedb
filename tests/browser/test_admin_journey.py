"""What an admin does with many rows: bulk edit, a spreadsheet there and back, an export."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.browser.product import Running
from tests.browser.visiting import Faults, sign_in, watch

pytestmark = pytest.mark.browser

ACME = "/t/acme/"


@pytest.fixture
def page(running: Running, browser: Any) -> Iterator[Any]:
    """Acme's admin in front of the portal; ends with nothing for the console to complain of."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    opened, faults = context.new_page(), Faults()
    opened.set_default_timeout(8_000)
    sign_in(opened, running, "admin@acme.example")
    watch(opened, faults)
    yield opened
    context.close()
    assert not faults.lines, "\n".join(faults.lines)


def _said(page: Any, words: str) -> None:
    page.get_by_text(words).first.wait_for()


def test_all_settings_are_changed_at_once(running: Running, page: Any) -> None:
    page.goto(f"{running.portal}{ACME}messaging/messagesetting/")
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("change_chosen")
    page.get_by_role("button", name=re.compile("Run")).click()
    row = page.locator("fieldset", has=page.locator("legend", has_text="Description"))
    row.get_by_text("Set to").click()
    row.locator("input[name=description]").fill("Changed together")
    page.get_by_role("button", name="Continue").click()
    _said(page, "3 rows are going to be changed")
    page.get_by_role("button", name="Change 3").click()

    _said(page, "Changed: 3")
    assert page.get_by_text("Changed together").count() == 3


def test_a_list_goes_through_excel_and_back(running: Running, page: Any, tmp_path: Path) -> None:
    page.goto(f"{running.portal}{ACME}messaging/contact/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export", exact=True).click()
    path = tmp_path / "contacts.csv"
    download.value.save_as(path)
    text = path.read_text(encoding="utf-8-sig")
    assert "Grace Kim" in text
    # As Excel saves it in much of Europe: semicolons, Windows-1252.
    european = text.replace(",", ";").replace("Grace Kim", "Grâce Müller")

    def choose(body: str) -> None:
        path.write_bytes(body.encode("cp1252"))
        page.locator("input[type=file]").set_input_files(path)
        page.get_by_role("button", name="Look at it").click()

    page.get_by_role("link", name="Import", exact=True).click()
    choose(european + "12;Nobody;;;;\r\n")
    _said(page, "1 thing to mend")
    rows = len(text.splitlines()) + 1
    assert page.locator(".tl-problem li").inner_text().startswith(f"Row {rows}, phone number:")
    choose(european)
    _said(page, "Look before you import")
    page.get_by_role("button", name="Import", exact=True).click()

    _said(page, "Imported: 0 added, 1 changed.")
    assert page.get_by_role("link", name="Grâce Müller", exact=True).count() == 1


def test_the_log_is_exported_and_downloaded(running: Running, page: Any, tmp_path: Path) -> None:
    page.goto(f"{running.portal}{ACME}messaging/message/?status=failed")
    failed = page.locator("#result_list tbody tr.data-row").count()
    page.get_by_role("button", name="Export CSV").click()
    with page.expect_download(timeout=15_000) as download:
        page.get_by_role("link", name=re.compile("Download")).first.click(timeout=15_000)
    path = tmp_path / "log.csv"
    download.value.save_as(path)

    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert failed > 0
    assert len(lines) == 1 + failed


def test_a_failed_message_is_sent_again_from_its_page(running: Running, page: Any) -> None:
    page.goto(f"{running.portal}{ACME}messaging/message/?status=failed")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("link", name="Send again").first.click()
    dialog = page.locator("#dialog")
    dialog.get_by_text("Send this message again?").wait_for()
    dialog.get_by_role("button", name="Send again").click()

    _said(page, "It will be sent again.")


def test_a_key_made_here_schedules_a_text_that_its_page_cancels(
    running: Running, page: Any
) -> None:
    page.goto(f"{running.portal}{ACME}tenants/apikey/add/")
    page.fill("input[name=name]", "Booking software")
    page.get_by_role("button", name="OK").click()
    key = page.locator("#api-key").input_value()
    later = datetime.now(UTC) + timedelta(days=1)
    text = {"to": ["+15125550300"], "text": "Later", "scheduled_at": later.isoformat()}
    request = Request(
        f"{running.portal}{ACME}api/v1/messages/",
        data=json.dumps(text | {"from": "+19195550101"}).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urlopen(request, timeout=10) as answer:
        made = json.load(answer)
    page.goto(f"{running.portal}{ACME}messaging/message/{made['id']}/change/")
    page.get_by_role("link", name="Cancel message").first.click()
    dialog = page.locator("#dialog")
    dialog.get_by_text("Cancel this message?").wait_for()
    dialog.get_by_role("button", name="Cancel message").click()

    _said(page, "It is canceled.")
    _said(page, "Canceled")
    assert page.get_by_role("link", name="Cancel message").count() == 0
