"""Every page of every role in a real browser: no fault by axe, no complaint, nothing too wide.

Each theme and size by all rules takes minutes more: that is marked slow, for `make test-slow`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.product import Running
from tests.browser.visiting import DESKTOP, Faults, judge, judge_thoroughly, sign_in, walk, watch

pytestmark = pytest.mark.browser

ANN, ADMIN, ROOT = "ann@acme.example", "admin@acme.example", "root@trunkline.example"
ACCOUNT = [
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/sessions/",
    "/accounts/logout/",
]
STRANGER = ["/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/"]


MESSAGING = "/t/acme/messaging/"


every_role = pytest.mark.parametrize(
    ("email", "start", "within", "least"),
    [
        pytest.param("", STRANGER, ("/accounts/",), 3, id="stranger"),
        pytest.param("bea@acme.example", ACCOUNT, ("/accounts/",), 6, id="one's account"),
        pytest.param(ANN, ["/t/acme/inbox/"], ("/t/acme/",), 4, id="extension user"),
        pytest.param(ROOT, ["/t/globex/"], ("/t/globex/inbox/",), 2, id="visitor"),
        # Long walks in parts, so that they run side by side.
        pytest.param(
            ADMIN,
            ["/t/acme/"],
            tuple(
                MESSAGING + name
                for name in (
                    "message",
                    "sms",
                    "export",
                    "scheduled",
                    "broadcast",
                    "sendingpolicy",
                    "outboundrule",
                )
            ),
            12,
            id="tenant admin: messages",
        ),
        pytest.param(
            ADMIN,
            ["/t/acme/"],
            tuple(
                MESSAGING + name
                for name in ("extension", "ringgroup", "contact", "optout", "template")
            ),
            12,
            id="tenant admin: people",
        ),
        pytest.param(
            ADMIN,
            [
                MESSAGING + "inboundrule/where/?number=9195550101&caller=5125550300",
                MESSAGING + "inboundrule/add/",
                MESSAGING + "businesshours/add/",
                MESSAGING + "holiday/add/",
            ],
            tuple(MESSAGING + name for name in ("inbound", "businesshours", "holiday")),
            6,
            id="tenant admin: inbound rules",
        ),
        pytest.param(
            ADMIN,
            ["/t/acme/"],
            ("/t/acme/tenants/", "/t/acme/auditlog/", "/t/acme/inbox/"),
            12,
            id="tenant admin: company",
        ),
        pytest.param(ROOT, ["/system/"], ("/system/tenants/",), 12, id="system admin: directory"),
        pytest.param(
            ROOT,
            ["/system/"],
            ("/system/providers/", "/system/auditlog/", "/system/unrouted", "/system/settings"),
            5,
            id="system admin: records",
        ),
    ],
)


@every_role
def test_every_page_is_faultless(
    running: Running,
    browser: Any,
    email: str,
    start: list[str],
    within: tuple[str, ...],
    least: int,
) -> None:
    visited = _crawl(running, browser, email, start, within, judge)
    assert len(visited) >= least, visited


@pytest.mark.slow
@every_role
def test_every_page_is_faultless_in_each_theme_and_size(
    running: Running,
    browser: Any,
    email: str,
    start: list[str],
    within: tuple[str, ...],
    least: int,
) -> None:
    visited = _crawl(running, browser, email, start, within, judge_thoroughly)
    assert len(visited) >= least, visited


def _crawl(
    running: Running,
    browser: Any,
    email: str,
    start: list[str],
    within: tuple[str, ...],
    look: Callable[[Any, str, Faults], None],
) -> list[str]:
    faults = Faults()
    page = browser.new_context(viewport=DESKTOP, reduced_motion="reduce").new_page()
    if email:
        sign_in(page, running, email)
    watch(page, faults)

    visited = []
    for path in walk(page, running, start, within=within):
        look(page, path, faults)
        visited.append(path)

    assert not faults.lines, "\n".join(faults.lines)
    return visited
