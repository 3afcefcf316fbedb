"""Every page of every role in a real browser: no fault by axe, no complaint, nothing too wide."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.product import Running
from tests.browser.visiting import Faults, judge, sign_in, walk, watch

pytestmark = pytest.mark.browser

ACCOUNT = [
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/sessions/",
    "/accounts/logout/",
]
STRANGER = ["/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/"]


@pytest.mark.parametrize(
    ("email", "start", "within", "least"),
    [
        pytest.param("", STRANGER, "/accounts/", 3, id="stranger"),
        pytest.param("ann@acme.example", ["/t/acme/inbox/"], "/t/acme/", 4, id="extension user"),
        pytest.param("bea@acme.example", ACCOUNT, "/accounts/", 6, id="one's account"),
        pytest.param("admin@acme.example", ["/t/acme/"], "/t/acme/", 35, id="tenant admin"),
        pytest.param("root@trunkline.example", ["/system/"], "/system/", 25, id="system admin"),
        pytest.param("root@trunkline.example", ["/t/globex/"], "/t/globex/inbox/", 2, id="visitor"),
    ],
)  # fmt: skip
def test_every_page_is_faultless(
    running: Running, browser: Any, email: str, start: list[str], within: str, least: int
) -> None:
    faults, seen = Faults(), 0
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    if email:
        sign_in(page, running, email)
    watch(page, faults)

    for path in walk(page, running, start, within=within):
        judge(page, path, faults)
        seen += 1

    assert not faults.lines, "\n".join(faults.lines)
    assert seen >= least
