"""Signing in and out, and where people land."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import caches
from django.test import Client

from tenants.models import Membership, User
from tests.conftest import PASSWORD, TOTP_SECRET

LOGIN = "/accounts/login/"
SECOND_STEP = "/accounts/2fa/authenticate/"


def code_now() -> str:
    """Code that the authenticator app of `root` shows."""
    return format_hotp_value(hotp_value(TOTP_SECRET, int(time.time()) // 30))


def _sign_in(email: str, *, following: str = "", password: str = PASSWORD) -> tuple[Client, str]:
    client = Client()
    data = {"login": email, "password": password, "next": following}
    response = client.post(LOGIN, data)
    if response.get("Location", "").startswith(SECOND_STEP):
        response = client.post(SECOND_STEP, {"code": code_now()})
    return client, response.get("Location", "")


@pytest.mark.parametrize(
    ("person", "place"),
    [("root", "/system/"), ("alice", "/t/acme/"), ("bob", "/t/acme/inbox/")],
)
def test_everybody_lands_where_they_work(request, person, place) -> None:
    client, home = _sign_in(request.getfixturevalue(person).email)
    assert home == "/"
    assert client.get(home)["Location"] == place


def test_a_member_of_several_tenants_chooses(alice, globex) -> None:
    Membership.objects.create(user=alice, tenant=globex, role="extension", extension="7")
    client, _ = _sign_in(alice.email)
    page = client.get("/").content.decode()
    assert 'href="/t/acme/"' in page
    assert 'href="/t/globex/inbox/"' in page


def test_a_suspended_tenant_is_no_choice(alice, acme) -> None:
    acme.is_active = False
    acme.save()
    client, _ = _sign_in(alice.email)
    assert "Ask your company" in client.get("/").content.decode()


def test_a_member_of_nothing_is_told_whom_to_ask(db) -> None:
    User.objects.create_user("nobody@example.com", PASSWORD)
    client, _ = _sign_in("nobody@example.com")
    response = client.get("/")
    assert response.status_code == 200
    assert "nobody@example.com" in response.content.decode()


def test_the_page_asked_for_comes_after_the_sign_in(alice) -> None:
    assert _sign_in(alice.email, following="/t/acme/inbox/")[1] == "/t/acme/inbox/"


def test_a_foreign_page_does_not_come_after_the_sign_in(alice) -> None:
    assert _sign_in(alice.email, following="https://evil.example/")[1] == "/"


def test_a_wrong_password_stays_outside(alice) -> None:
    client, target = _sign_in(alice.email, password="wrong horse battery 9")
    assert target == ""
    assert client.get("/t/acme/").status_code == 302


def test_an_inactive_account_stays_outside(alice) -> None:
    User.objects.update(is_active=False)
    client, _ = _sign_in(alice.email)
    assert client.get("/t/acme/").status_code == 302


def test_nobody_signs_up(db) -> None:
    for response in (
        Client().get("/accounts/signup/"),
        Client().post("/accounts/signup/", {"email": "new@example.com", "password1": PASSWORD}),
    ):
        assert "Accounts are made by an admin" in response.content.decode()
    assert not User.objects.filter(email="new@example.com").exists()
    assert "sign up" not in Client().get(LOGIN).content.decode().lower()


def test_people_do_not_change_their_address(signed_in, alice) -> None:
    client = signed_in(alice)
    response = client.post("/accounts/email/", {"email": "x@example.com", "action_add": ""})
    assert response.status_code == 404


@pytest.mark.parametrize("path", ["/system/logout/", "/accounts/logout/", "/t/acme/logout/"])
def test_every_menu_signs_out_by_one_post(path, root, acme) -> None:
    client, _ = _sign_in(root.email)
    response = client.post(path, follow=True)
    assert response.redirect_chain[-1][0] == LOGIN
    assert client.get("/system/").status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/sessions/",
        "/accounts/logout/",
    ],
)
def test_pages_of_the_own_account_open(path, alice) -> None:
    client, _ = _sign_in(alice.email)
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", [LOGIN, "/accounts/password/reset/", "/t/nowhere/"])
def test_public_pages_keep_the_strict_content_policy(path, db) -> None:
    response = Client().get(path)
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    page = response.content.decode()
    assert "<style" not in page
    assert 'style="' not in page
    assert "<script>" not in page


def test_sign_in_works_while_the_cache_is_away(alice, settings, tmp_path) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "config.cache.SurvivingCache",
            "LOCATION": f"unix://{tmp_path}/nothing.sock",
            "KEY_FUNCTION": "django_tenants.cache.make_key",
            "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
        }
    }
    client, home = _sign_in(alice.email)
    assert home == "/"
    assert client.get("/t/acme/").status_code == 200
    caches["default"].clear()
