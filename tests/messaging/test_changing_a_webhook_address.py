"""A configuration's address is changed without a gap: the old one works until it is ended."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.utils import timezone

from messaging.configurations import save_configuration
from messaging.inbound.drain import drain
from messaging.models import Message, MessageSetting, SmsConfiguration
from messaging.webhook_address import NotRenewed, end_old_address, old_url, renew_address
from providers import door_news
from providers.models import WebhookEvent
from tenants.endpoints import token_hash
from tenants.models import Tenant, User, WebhookEndpoint
from tests.conftest import ACME_NUMBER, APPLICATION_ID, CUSTOMER

PAGE = "/t/acme/messaging/smsconfiguration/"
API = "/t/acme/api/v1/sms-configurations/"
AS_JSON = {"content_type": "application/json"}
SUBMITTED = {"_form_submitted": "true"}  # as the dialog posts it
SIGNED = {"Authorization": "Basic " + base64.b64encode(b"bw:cb-Canary").decode()}
EVENT = {
    "type": "message-received",
    "time": "2026-11-21T10:00:00.000Z",
    "to": ACME_NUMBER,
    "message": {
        "id": "in-0001",
        "owner": ACME_NUMBER,
        "applicationId": APPLICATION_ID,
        "time": "2026-11-21T10:00:00.000Z",
        "segmentCount": 1,
        "direction": "in",
        "to": [ACME_NUMBER],
        "from": CUSTOMER,
        "text": "Is my crown ready?",
    },
}
Inside = Callable[[Tenant], AbstractContextManager[None]]


def _post(url: str) -> int:
    path = url.removeprefix("http://127.0.0.1:8000")
    body = json.dumps([EVENT])
    return Client().post(path, body, headers=SIGNED, **AS_JSON).status_code


def _changed(configuration: SmsConfiguration, **fields: Any) -> None:
    WebhookEndpoint.objects.filter(pk=configuration.endpoint_id).update(**fields)


def test_an_event_that_comes_by_both_addresses_is_one_message(
    acme: Tenant, acme_line: MessageSetting, acme_configuration: SmsConfiguration, inside: Inside
) -> None:
    old = acme_configuration.webhook_url
    with inside(acme):
        renew_address(acme_configuration)
    new = acme_configuration.webhook_url
    assert old != new

    assert [_post(url) for url in (old, new, old)] == [200, 200, 200]
    assert WebhookEvent.objects.count() == 1
    drain()

    with inside(acme):
        assert Message.objects.get().text == EVENT["message"]["text"]  # type: ignore[index]
        assert SmsConfiguration.objects.get().webhook_url == new


def test_the_old_address_is_closed_at_once_when_it_is_ended(
    acme: Tenant,
    acme_configuration: SmsConfiguration,
    inside: Inside,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    told: list[bytes | None] = []
    monkeypatch.setattr(door_news, "tell", told.append)
    old, old_token = acme_configuration.webhook_url, acme_configuration.webhook_token
    with inside(acme):
        renew_address(acme_configuration)
    assert _post(old) == 200  # and is remembered now

    with inside(acme), django_capture_on_commit_callbacks(execute=True):
        assert end_old_address(acme_configuration)
        assert not end_old_address(acme_configuration)

    assert _post(old) == 404
    assert _post(acme_configuration.webhook_url) == 200
    assert told == [token_hash(old_token)]
    assert not WebhookEndpoint.objects.get().previous_token


def test_the_old_address_ends_by_itself_and_another_may_follow(
    acme: Tenant, acme_configuration: SmsConfiguration, inside: Inside
) -> None:
    first = acme_configuration.webhook_url
    with inside(acme):
        renew_address(acme_configuration)
        _changed(acme_configuration, previous_until=timezone.now())
        assert _post(first) == 404
        acme_configuration.endpoint.refresh_from_db()
        assert old_url(acme_configuration) == ""
        second = acme_configuration.webhook_url
        renew_address(acme_configuration)
    assert [_post(first), _post(second)] == [404, 200]


def test_an_old_address_is_not_remembered_for_longer_than_it_works(
    acme: Tenant,
    acme_configuration: SmsConfiguration,
    inside: Inside,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = acme_configuration.webhook_url
    with inside(acme):
        renew_address(acme_configuration)
    _changed(acme_configuration, previous_until=timezone.now() + timedelta(seconds=2))
    assert _post(old) == 200
    later = timezone.now() + timedelta(seconds=3)
    monkeypatch.setattr("tenants.endpoints.timezone.now", lambda: later)
    began = time.monotonic()
    monkeypatch.setattr("providers.doors.time.monotonic", lambda: began + 3)
    assert _post(old) == 404


def test_a_second_press_does_not_end_the_address_in_use(
    acme: Tenant, acme_configuration: SmsConfiguration, inside: Inside
) -> None:
    old = acme_configuration.webhook_url
    with inside(acme):
        stale = SmsConfiguration.objects.get()
        renew_address(acme_configuration)
        for each in (acme_configuration, stale):
            with pytest.raises(NotRenewed, match="still works"):
                renew_address(each)
    assert [_post(old), _post(acme_configuration.webhook_url)] == [200, 200]


def test_saving_a_form_that_was_opened_before_does_not_bring_the_old_address_back(
    acme: Tenant, acme_configuration: SmsConfiguration, inside: Inside
) -> None:
    with inside(acme):
        stale = SmsConfiguration.objects.select_related("endpoint").get()
        renew_address(acme_configuration)
        stale.name = "Renamed"
        save_configuration(stale, callback_password="cb2")
        saved = SmsConfiguration.objects.select_related("endpoint").get()
    assert saved.name == "Renamed"
    assert saved.webhook_token == acme_configuration.webhook_token
    assert bytes(saved.endpoint.token_hash) == token_hash(saved.webhook_token)
    assert old_url(saved)


def test_the_password_of_the_old_address_changes_with_the_new_one_s(
    acme: Tenant, acme_configuration: SmsConfiguration, inside: Inside
) -> None:
    old = acme_configuration.webhook_url
    with inside(acme):
        renew_address(acme_configuration)
        assert _post(old) == 200
        save_configuration(acme_configuration, callback_password="another")
    assert _post(old) == 401


@pytest.mark.audited
def test_an_admin_changes_the_address_in_the_portal(
    signed_in: Any, alice: User, acme: Tenant, acme_configuration: SmsConfiguration, inside: Inside
) -> None:
    browser, page = signed_in(alice), f"{PAGE}{acme_configuration.pk}"
    old = acme_configuration.webhook_url
    assert "End the old one now" not in browser.get(f"{page}/change/").content.decode()
    browser.get(f"{page}/new-address/")  # asks, and changes nothing
    assert _post(old) == 200
    with inside(acme):
        assert SmsConfiguration.objects.get().webhook_url == old

    assert browser.post(f"{page}/new-address/", {**SUBMITTED, "days": "3"}).status_code == 302

    with inside(acme):
        new = SmsConfiguration.objects.get().webhook_url
        until = WebhookEndpoint.objects.get().previous_until
    assert until is not None
    assert timedelta(days=2) < until - timezone.now() < timedelta(days=4)
    body = browser.get(f"{page}/change/").content.decode()
    assert f'id="webhook-url" readonly value="{new}"' in body
    assert f'id="old-webhook-url" readonly value="{old}"' in body
    assert "The old one ends at" in body
    assert "End the old one now" in body

    assert browser.post(f"{page}/end-old-address/", SUBMITTED).status_code == 302

    assert [_post(old), _post(new)] == [404, 200]
    with inside(acme):
        told = [(e.actor_email, e.additional_data["reason"]) for e in LogEntry.objects.all()[:2]]
        values = str([vars(entry) for entry in LogEntry.objects.all()])
    assert [email for email, _ in told] == [alice.email] * 2
    assert told[0][1] == "old webhook address ended"
    assert told[1][1].startswith("new webhook address; the old one works until ")
    assert not [url for url in (old, new) if url.rsplit("/", 1)[1] in values]


def test_a_program_changes_the_address_by_the_api(
    api: Any, alice: User, bob: User, gina: User, acme: Tenant, acme_configuration: SmsConfiguration
) -> None:
    client, url = api(alice), f"{API}{acme_configuration.pk}/"
    old = acme_configuration.webhook_url
    for stranger in (bob, gina):
        for way in ("new-webhook", "end-old-webhook"):
            assert api(stranger).post(f"{url}{way}/").status_code == 403
    assert client.post(f"{url}new-webhook/", {"days": 31}, **AS_JSON).status_code == 400
    assert client.get(f"{url}new-webhook/").status_code == 405

    made = client.post(f"{url}new-webhook/", {}, **AS_JSON)

    assert made.status_code == 200
    told = made.json()
    assert (told["old_webhook_url"], told["webhook_url"] != old) == (old, True)
    assert client.get(url).json()["old_webhook_until"] == told["old_webhook_until"]
    assert client.post(f"{url}new-webhook/", {}, **AS_JSON).status_code == 409
    ended = client.post(f"{url}end-old-webhook/").json()
    assert (ended["old_webhook_url"], ended["old_webhook_until"]) == ("", None)
    assert [_post(old), _post(ended["webhook_url"])] == [404, 200]


def test_an_address_that_others_know_ends_at_once(
    api: Any, alice: User, acme_configuration: SmsConfiguration
) -> None:
    old = acme_configuration.webhook_url
    url = f"{API}{acme_configuration.pk}/new-webhook/"
    assert api(alice).post(url, {"days": 0}, **AS_JSON).json()["old_webhook_url"] == ""
    assert _post(old) == 404
