"""From the invitation's mail to a sign-in by app, by recovery code and by passkey."""

from __future__ import annotations

import email
import re
import time
from email import policy
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time

from tests.browser.product import Running
from tests.browser.visiting import sign_in

PERSON = "nora@acme.example"
NEW_PASSWORD = "quiet-harbour-lamp"

pytestmark = pytest.mark.browser


def _mailed_link(folder: Path, page: Any) -> str:
    """Return the address in the invitation's mail, as soon as the worker has written it."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        for file in folder.glob("*.log"):
            text = file.read_bytes().split(b"-" * 79)[0]
            mail = email.message_from_bytes(text, policy=policy.default)
            link = re.search(r"/invite/\S+", str(mail.get_content())) if mail["To"] else None
            if link and mail["To"] == PERSON:
                return link.group()
        page.wait_for_timeout(200)
    raise AssertionError("no invitation was mailed")


def _code(secret: str) -> str:
    return f"{hotp_value(secret, next(yield_hotp_counters_from_time())):06d}"


def _sign_out_and_in(page: Any, portal: str) -> None:
    page.goto(f"{portal}/accounts/sessions/")
    page.get_by_role("navigation", name="Account").get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{portal}/accounts/login/**")
    page.fill("input[name=login]", PERSON)
    page.fill("input[name=password]", NEW_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Second step").wait_for()


def _invite(page: Any, running: Running) -> None:
    sign_in(page, running, "root@trunkline.example")
    page.goto(f"{running.portal}/system/tenants/tenant/")
    page.get_by_role("link", name="Acme Dental Group").first.click()
    page.get_by_role("link", name="Invite").first.click()
    page.fill("#id_email", PERSON)
    page.get_by_role("button", name="OK").click()
    page.get_by_text(f"Invitation sent to {PERSON}").wait_for()


def _join(page: Any, portal: str, link: str) -> None:
    page.goto(portal + link)
    page.fill("#id_name", "Nora New")
    page.fill("#id_password", NEW_PASSWORD)
    page.fill("#id_again", NEW_PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(f"{portal}/t/acme/")
    page.get_by_text("Welcome to Acme Dental Group").wait_for()


def _add_app(page: Any, portal: str) -> tuple[str, str]:
    """Set the authenticator app up; return its secret and a recovery code."""
    page.goto(f"{portal}/accounts/2fa/")
    page.get_by_role("link", name="Set up the app").click()
    page.fill("input[name=password]", NEW_PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="Set up the authenticator app").wait_for()
    secret = page.locator("code.secret").text_content().strip()
    page.fill("input[name=code]", "000000")
    page.get_by_role("button", name="Switch on").click()
    page.locator(".errorlist").wait_for()
    page.fill("input[name=code]", _code(secret))
    page.get_by_role("button", name="Switch on").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    return secret, page.locator(".codes li").first.inner_text().strip()


def _add_passkey(page: Any, portal: str) -> None:
    chromium = page.context.new_cdp_session(page)
    chromium.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    chromium.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto(f"{portal}/accounts/2fa/")
    page.get_by_role("link", name="Add a passkey").click()
    page.locator("#mfa_webauthn_add").click()
    page.get_by_text("You have 1 passkey.").wait_for()


def test_an_invited_person_signs_in_with_each_second_step(running: Running, browser: Any) -> None:
    admin = browser.new_context().new_page()
    _invite(admin, running)
    link = _mailed_link(running.mail, admin)

    # Browsers give passkeys to names, not to addresses of digits.
    portal = running.portal.replace("127.0.0.1", "localhost")
    page = browser.new_context().new_page()
    page.set_default_timeout(10_000)
    _join(page, portal, link)
    secret, recovery = _add_app(page, portal)
    _add_passkey(page, portal)

    _sign_out_and_in(page, portal)
    page.fill("input[name=code]", _code(secret))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{portal}/t/acme/")

    for _ in range(2):  # the code works once
        _sign_out_and_in(page, portal)
        page.fill("input[name=code]", recovery)
        page.get_by_role("button", name="Sign in").click()
        if page.locator(".errorlist").count():
            break
        page.wait_for_url(f"{portal}/t/acme/")
    assert "/accounts/2fa/authenticate/" in page.url

    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{portal}/t/acme/")

    # The link worked once: it leads who joined to the company, and others nowhere.
    page.goto(portal + link)
    assert page.url == f"{portal}/t/acme/"
    assert browser.new_page().goto(portal + link).status == 410
