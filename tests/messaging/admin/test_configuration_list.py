from __future__ import annotations

from typing import Any

import pytest
import responses
from django.conf import settings
from django.test import Client

from messaging.models import MessageSetting, SmsConfiguration
from tenants.models import PhoneNumber, Tenant, User, WebhookEndpoint

LIST = "/t/acme/messaging/smsconfiguration/"


def test_each_row_has_a_button_that_copies_its_webhook(
    admin: Client, acme: Tenant, acme_configuration: SmsConfiguration, inside: Any
) -> None:
    with inside(acme):
        url = acme_configuration.webhook_url

    body = admin.get(LIST).content.decode()

    assert f'<button type="button" class="tl-button" data-copy="{url}"' in body
    assert 'aria-label="Copy webhook of Main"' in body
    assert "data-copy-selected" in body
    assert "Copy Webhook" in body
    assert f'name="_selected_action" value="{acme_configuration.pk}"' in body


def test_the_form_shows_the_webhook_in_a_read_only_field(
    admin: Client, acme: Tenant, acme_configuration: SmsConfiguration, inside: Any
) -> None:
    with inside(acme):
        url = acme_configuration.webhook_url

    body = admin.get(f"{LIST}{acme_configuration.pk}/change/").content.decode()

    assert f'id="webhook-url" readonly value="{url}"' in body
    assert 'data-copy-field="webhook-url"' in body


def test_the_button_that_saves_says_ok(admin: Client) -> None:
    button = (
        admin.get(f"{LIST}add/").content.decode().split('name="_save"')[1].split("</button>")[0]
    )

    assert button.split(">")[-1].strip() == "OK"


def test_the_sender_is_the_did_of_the_trunk_when_none_is_named(
    admin: Client, acme_configuration: SmsConfiguration, acme_number: PhoneNumber
) -> None:
    assert "DID of the trunk: (919) 555-0101" in admin.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("fields", "badge"),
    [
        ({"enabled": False, "test_result": "passed"}, "Off"),
        ({"test_result": "passed"}, "Ready"),
        ({"test_result": "failed"}, "Failing"),
        ({}, "Not tested"),
    ],
    ids=["off", "ready", "failing", "new"],
)
def test_the_badge_says_how_the_account_is(
    fields: dict[str, Any],
    badge: str,
    admin: Client,
    acme: Tenant,
    acme_configuration: SmsConfiguration,
    inside: Any,
) -> None:
    with inside(acme):
        SmsConfiguration.objects.update(**fields)

    cell = admin.get(LIST).content.decode().split("field-status")[1].split("</td>")[0]

    assert badge in cell


def _test_url(configuration: SmsConfiguration) -> str:
    return f"{LIST}{configuration.pk}/test-credentials/"


@pytest.mark.parametrize(
    ("status", "result", "level"),
    [(200, "passed", "success"), (401, "failed", "error")],
    ids=["taken", "refused"],
)
@responses.activate
def test_bandwidth_is_asked_about_the_saved_credentials(
    status: int,
    result: str,
    level: str,
    admin: Client,
    acme: Tenant,
    acme_configuration: SmsConfiguration,
    inside: Any,
) -> None:
    base = settings.BANDWIDTH_MESSAGE_BASE_URL
    responses.get(
        f"{base}/users/9900001/messages",
        json={"totalCount": 0, "messages": []} if status == 200 else {"error": "no"},
        status=status,
    )
    responses.get(f"{base}/users/9900001/media", json=[], status=status)

    response = admin.post(
        _test_url(acme_configuration), {"_form_submitted": "True"}, headers={"HX-Request": "true"}
    )

    assert response["HX-Redirect"] == f"{LIST}{acme_configuration.pk}/change/"
    with inside(acme):
        saved = SmsConfiguration.objects.get()
    assert saved.test_result == result
    page = admin.get(response["HX-Redirect"])
    messages = [(m.level_tag, m.message) for m in page.context["messages"]]
    assert messages == [(level, saved.test_detail)]


@responses.activate
def test_looking_at_the_question_asks_nobody(
    admin: Client, acme_configuration: SmsConfiguration
) -> None:
    response = admin.get(_test_url(acme_configuration))

    assert response.status_code == 200
    assert "Test now" in response.content.decode()
    assert len(responses.calls) == 0


def test_a_used_configuration_is_not_deleted(
    admin: Client, acme: Tenant, acme_line: MessageSetting, inside: Any
) -> None:
    path = f"{LIST}{acme_line.provider_id}/delete/"

    response = admin.post(path, {"post": "yes"}, follow=True)

    assert "cannot be deleted while numbers use it ((919) 555-0101)" in response.content.decode()
    with inside(acme):
        assert SmsConfiguration.objects.count() == 1


def test_an_unused_configuration_is_deleted_with_its_address(
    admin: Client, acme: Tenant, acme_configuration: SmsConfiguration, inside: Any
) -> None:
    admin.post(f"{LIST}{acme_configuration.pk}/delete/", {"post": "yes"})

    with inside(acme):
        assert not SmsConfiguration.objects.exists()
    assert not WebhookEndpoint.objects.exists()


def test_names_are_shown_as_text(
    admin: Client, acme: Tenant, acme_configuration: SmsConfiguration, inside: Any
) -> None:
    with inside(acme):
        SmsConfiguration.objects.update(name='"><script>alert(1)</script>')

    for page in ("", f"{acme_configuration.pk}/change/"):
        assert "<script>alert(1)" not in admin.get(LIST + page).content.decode()


def test_an_extension_user_is_kept_out(
    bob: User, signed_in: Any, acme_configuration: SmsConfiguration
) -> None:
    browser = signed_in(bob)

    assert browser.get(LIST).status_code == 403
    assert (
        browser.post(_test_url(acme_configuration), {"_form_submitted": "True"}).status_code == 403
    )
