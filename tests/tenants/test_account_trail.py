"""Passwords, second factors and sessions in the audit trail: what was done, never a value."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from auditlog.models import LogEntry
from django.core import mail
from django.test import Client

from tenants import sessions
from tenants.models import User
from tests.conftest import PASSWORD

NEW = "another-long-passphrase"


def _deeds(user: User) -> list[str]:
    entries = LogEntry.objects.get_for_object(user).order_by("pk")
    return [str((entry.additional_data or {}).get("reason", "")) for entry in entries]


@pytest.fixture
def browser(bob: User) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": bob.email, "password": PASSWORD})
    return client


def test_a_changed_password_is_told(browser, bob) -> None:
    browser.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW},
    )
    entry = LogEntry.objects.get_for_object(bob).get(additional_data__reason="password changed")
    assert entry.actor == bob
    assert entry.changes == {}
    bob.refresh_from_db()
    assert bob.check_password(NEW)


def test_a_password_by_mailed_link_is_told(bob) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": bob.email})
    link = re.search(r"/accounts/password/reset/key/\S+", str(mail.outbox[-1].body))
    assert link
    page = client.get(link.group(), follow=True)
    client.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert "password set by a mailed link" in _deeds(bob)


def test_second_factors_are_told(browser, bob, django_capture_on_commit_callbacks) -> None:
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = browser.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    code = hotp_value(secret, next(yield_hotp_counters_from_time()))
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("/accounts/2fa/totp/activate/", {"code": f"{code:06d}"})
    assert Authenticator.objects.filter(user=bob, type="totp").exists()
    browser.post("/accounts/2fa/totp/deactivate/", {})
    deeds = _deeds(bob)
    assert "two-step sign-in: authenticator app added" in deeds
    assert "two-step sign-in: authenticator app removed" in deeds
    assert secret not in str(list(LogEntry.objects.values()))


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (sessions.end_sessions, "signed out everywhere"),
        (sessions.reset_second_factor, "two-step sign-in reset, signed out everywhere"),
    ],
    ids=["sessions", "second factor"],
)
def test_what_admins_do_is_told(deed: Any, words: str, bob) -> None:
    deed(bob)
    assert _deeds(bob)[-1] == words


def test_ending_the_other_sessions_is_told(browser, bob) -> None:
    other = Client()
    other.post("/accounts/login/", {"login": bob.email, "password": PASSWORD})
    browser.post("/accounts/sessions/", {})
    assert "other sessions ended" in _deeds(bob)
    assert other.get("/accounts/sessions/").status_code == 302


def test_a_deed_done_in_a_tenant_stands_in_the_platforms_trail(bob, inside, acme) -> None:
    with inside(acme):
        sessions.end_sessions(bob)
        assert not LogEntry.objects.exists()
    assert _deeds(bob)[-1] == "signed out everywhere"
