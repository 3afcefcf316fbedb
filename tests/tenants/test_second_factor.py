"""A password alone does not make a system admin."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user
from django.core.management import call_command
from django.test import Client

from config.local import is_on
from tenants.accounts import SecondFactors
from tenants.models import ApiKey, User
from tests.conftest import PASSWORD

PAGES = [
    "/",
    "/system/",
    "/system/tenants/tenant/",
    "/system/search/?s=a",
    "/t/acme/",
    "/t/acme/inbox/",
    "/t/acme/tenants/membership/",
]
CALLS = [
    "/api/v1/tenants/",
    "/api/v1/invitations/",
    "/t/acme/api/v1/conversations/",
    "/t/acme/api/v1/members/",
]
DESCRIPTIONS = ["/api/v1/docs/", "/api/v1/schema/", "/t/acme/api/v1/schema/"]


@pytest.fixture
def unready(root: User, signed_in, acme) -> Client:
    """Browser of a system admin who has not set up the second step."""
    Authenticator.objects.all().delete()
    return signed_in(root)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_sends_to_the_set_up(path, unready) -> None:
    for response in (unready.get(path), unready.post(path, {})):
        assert response.status_code == 302
        assert response["Location"] == "/accounts/2fa/"


@pytest.mark.parametrize("path", CALLS)
def test_the_api_says_it_in_words(path, unready) -> None:
    response = unready.get(path)
    assert response.status_code == 403
    assert "two-step sign-in" in response.json()["detail"]


@pytest.mark.parametrize("path", DESCRIPTIONS)
def test_the_api_does_not_describe_itself_before(path, unready) -> None:
    assert unready.get(path).status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/accounts/2fa/", 200),
        ("/accounts/sessions/", 200),
        ("/accounts/logout/", 200),
        ("/health/", 200),
        ("/invite/nonsense", 404),
    ],
)
def test_what_is_needed_to_set_it_up_stays_open(path, status, unready) -> None:
    assert unready.get(path).status_code == status


def test_the_set_up_says_why(unready, root, alice, signed_in) -> None:
    words = "Set this up to go on"
    assert words in unready.get("/accounts/2fa/").content.decode()
    assert words not in signed_in(alice).get("/accounts/2fa/").content.decode()


@pytest.mark.parametrize(
    ("kind", "status"), [("totp", 200), ("webauthn", 200), ("recovery_codes", 302)]
)
def test_an_app_or_a_passkey_opens_the_portal(kind, status, unready, root) -> None:
    Authenticator.objects.create(user=root, type=kind, data={})
    assert unready.get("/system/").status_code == status


def test_whoever_switches_the_last_one_off_sets_up_again(signed_in, root) -> None:
    browser = signed_in(root)
    assert browser.get("/system/").status_code == 200
    Authenticator.objects.filter(user=root).delete()
    assert browser.get("/system/")["Location"] == "/accounts/2fa/"


def test_programs_have_keys_and_no_phone(unready, root) -> None:
    _, secret = ApiKey.issue(root)
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    assert program.get("/api/v1/tenants/").status_code == 200
    assert program.get("/t/acme/api/v1/members/").status_code == 200


def test_nobody_else_has_to(alice, bob, signed_in) -> None:
    assert signed_in(alice).get("/t/acme/").status_code == 200
    assert signed_in(bob).get("/t/acme/inbox/").status_code == 200


def test_a_trial_may_switch_the_rule_off(unready, settings) -> None:
    settings.REQUIRE_SYSTEM_ADMIN_MFA = False
    assert unready.get("/system/").status_code == 200


@pytest.mark.parametrize(
    ("text", "on"),
    [("", True), ("1", True), ("true", True), ("flase", True), ("0", False), ("False", False)],
)
def test_a_misspelt_switch_leaves_the_guard_on(text, on) -> None:
    assert is_on(text) is on


def test_the_question_costs_system_admins_one_query_and_others_none(
    root, alice, django_assert_num_queries
) -> None:
    with django_assert_num_queries(1):
        assert not root.lacks_second_factor
        assert not root.lacks_second_factor
    with django_assert_num_queries(0):
        assert not alice.lacks_second_factor


def test_secrets_of_apps_are_encrypted_and_older_ones_still_read() -> None:
    adapter = SecondFactors()
    stored = adapter.encrypt("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DPEHPK3PXP" not in stored
    assert adapter.decrypt(stored) == "JBSWY3DPEHPK3PXP"
    assert adapter.decrypt("JBSWY3DPEHPK3PXP") == "JBSWY3DPEHPK3PXP"


def test_the_first_system_admin_of_the_command_line_sets_it_up_too(db) -> None:
    call_command("create_system_admin", email="first@example.com", password=PASSWORD)
    browser = Client()
    browser.post("/accounts/login/", {"login": "first@example.com", "password": PASSWORD})
    assert get_user(browser).is_authenticated  # type: ignore[arg-type]  # it has a session
    assert browser.get("/system/")["Location"] == "/accounts/2fa/"
