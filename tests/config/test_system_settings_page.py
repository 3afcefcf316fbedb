"""The page of the platform's settings."""

from __future__ import annotations

from typing import Any

import pytest
import responses
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config import system_settings
from messaging.pacing import slowdown
from messaging.pacing.limits import platform_limit

PAGE = "/system/settings/"


@pytest.fixture
def portal(signed_in, root) -> Any:
    return signed_in(root)


@pytest.fixture(autouse=True)
def _queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_settings, "queue_depths", lambda: {"messages": 3, "slow": 1})


@pytest.fixture
def account(settings: Any) -> Any:
    settings.BANDWIDTH_ACCOUNT_ID = "5500123"
    settings.BANDWIDTH_APPLICATION_ID = "app-1"
    settings.BANDWIDTH_CLIENT_ID = "client-Canary"
    settings.BANDWIDTH_CLIENT_SECRET = "secret-Canary"
    settings.BANDWIDTH_WEBHOOK_USERNAME = "hook-Canary"
    settings.BANDWIDTH_WEBHOOK_PASSWORD = "hookpass-Canary"
    settings.PROVIDER_OPTIONS = {
        "bandwidth": {"base_url": "https://bw.test/api/v2", "token_url": "https://bw.test/token"}
    }
    return settings


def _facts(portal: Any) -> dict[str, tuple[str, str]]:
    groups = portal.get(PAGE).context["groups"]
    return {fact.name: (fact.value, fact.kind) for _, facts in groups for fact in facts}


def test_the_platforms_account_is_shown_without_secrets(portal, account) -> None:
    page = portal.get(PAGE).content.decode()
    assert "Canary" not in page
    assert 'value="http://127.0.0.1:8000/webhook/bandwidth/sms"' in page
    facts = _facts(portal)
    assert facts["Account ID"] == ("5500123", "")
    assert facts["Signs in by"] == ("OAuth2", "")
    assert facts["Callback credentials"] == ("Set", "good")


def test_a_platform_without_account_is_told_what_to_set(portal) -> None:
    assert "BANDWIDTH_ACCOUNT_ID" in _facts(portal)["Account"][0]
    assert 'name="carrier"' not in portal.get(PAGE).content.decode()


def test_an_open_webhook_is_a_warning(portal, account) -> None:
    account.BANDWIDTH_WEBHOOK_USERNAME = ""
    assert _facts(portal)["Callback credentials"][1] == "bad"


@pytest.mark.parametrize(
    ("url", "words", "kind"),
    [
        ("", "reaches nobody", "warn"),
        ("smtp://mail.example.com:2525", "mail.example.com:2525", "good"),
    ],
)
def test_the_state_of_mail_is_shown(url, words, kind, portal, settings) -> None:
    settings.EMAIL_URL = url
    settings.EMAIL_HOST, settings.EMAIL_PORT = "mail.example.com", 2525
    settings.EMAIL_HOST_PASSWORD = "mail-Canary"
    value, shown = _facts(portal)["Mail server"]
    assert words in value
    assert shown == kind
    assert "Canary" not in portal.get(PAGE).content.decode()


@pytest.mark.parametrize(("key", "kind"), [("", "warn"), ("BKey", "good")])
def test_the_state_of_push_keys_is_shown(key, kind, portal, settings) -> None:
    settings.VAPID_PUBLIC_KEY = key
    assert _facts(portal)["Keys for web push"][1] == kind


def test_health_is_what_the_health_check_says(portal, monkeypatch) -> None:
    assert _facts(portal)["Queue"] == ("ok, waiting: messages 3, slow 1", "good")
    monkeypatch.setattr(system_settings, "queue_depths", lambda: None)
    assert _facts(portal)["Queue"] == ("down", "bad")
    assert _facts(portal)["Database"] == ("ok", "good")


def test_a_test_mail_goes_to_oneself_only(portal, root, settings) -> None:
    settings.EMAIL_URL = "smtp://mail.example.com"
    page = portal.post(PAGE, {"mail": "1"}, follow=True).content.decode()
    assert f"took a test mail for {root.email}" in page
    assert [message.to for message in mail.outbox] == [[root.email]]


def test_a_mail_server_that_is_down_is_told(portal, settings, monkeypatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError("Connection refused")

    monkeypatch.setattr(system_settings, "send_mail", refuse)
    page = portal.post(PAGE, {"mail": "1"}, follow=True).content.decode()
    assert "The test mail was not sent. ConnectionRefusedError: Connection refused." in page


@responses.activate
def test_the_carriers_credentials_are_tried(portal, account) -> None:
    responses.post("https://bw.test/token", status=401, json={})
    page = portal.post(PAGE, {"carrier": "1"}, follow=True).content.decode()
    assert "Bandwidth does not take the credentials." in page
    assert "Canary" not in page


@responses.activate
def test_without_an_account_nothing_is_tried(portal) -> None:
    page = portal.post(PAGE, {"carrier": "1"}, follow=True).content.decode()
    assert "There is no platform account to test" in page


def test_looking_does_nothing(portal) -> None:
    portal.get(PAGE, {"mail": "1", "carrier": "1"})
    assert not mail.outbox


def test_a_form_from_elsewhere_does_nothing(root) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(root, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.post(PAGE, {"mail": "1"}).status_code == 403
    assert not mail.outbox


def test_the_menu_leads_here_in_few_queries(portal) -> None:
    assert f'href="{PAGE}"' in portal.get("/system/").content.decode()
    with CaptureQueriesContext(connection) as captured:
        portal.get(PAGE)
    assert len(captured) <= 12


@pytest.mark.parametrize("person", ["alice", "bob", "gina"])
def test_others_neither_see_nor_try_anything(person, request, signed_in) -> None:
    browser = signed_in(request.getfixturevalue(person))
    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, {"mail": "1"}).status_code == 403
    assert not mail.outbox
    assert Client().get(PAGE).status_code == 302


def test_the_pace_of_the_account_is_shown(portal, account) -> None:
    assert _facts(portal)["Throughput"] == ("1 segment a second, the full rate.", "")
    slowdown.queue_full(platform_limit(), retry_after=None)
    value, kind = _facts(portal)["Throughput"]
    assert value.startswith("0.5 segments a second, slowed down since")
    assert kind == "warn"
    assert _facts(portal)["Waiting for it"][0] == "0 tenants"
