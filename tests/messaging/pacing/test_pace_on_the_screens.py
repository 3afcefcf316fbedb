"""What people and programs are told of the limits, and what they may change."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from messaging.models import SmsConfiguration
from messaging.pacing import slowdown
from messaging.pacing.limits import account_of
from tenants.models import PhoneNumber, Tenant, Trunk, User
from tests.messaging.outbound.conftest import Write

API = "/t/acme/api/v1/sms-configurations/"
NUMBERS = "/t/acme/api/v1/phone-numbers/"


def slow(configuration: SmsConfiguration) -> None:
    slowdown.queue_full(account_of(configuration, schema="t_acme"), retry_after=30)


def page_of(client: Client, configuration: SmsConfiguration) -> str:
    path = f"/t/acme/messaging/smsconfiguration/{configuration.pk}/change/"
    return " ".join(client.get(path).content.decode().split())


def test_page_tells_the_pace(
    signed_in: Any, alice: User, acme_configuration: SmsConfiguration
) -> None:
    page = page_of(signed_in(alice), acme_configuration)
    assert "1 segment a second, the full rate." in page
    assert "0 messages" in page


def test_page_tells_of_a_slow_down_and_of_what_waits(
    signed_in: Any, alice: User, write: Write, acme_configuration: SmsConfiguration
) -> None:
    write()
    slow(acme_configuration)
    page = page_of(signed_in(alice), acme_configuration)
    assert "0.5 segments a second, slowed down since" in page
    assert "1 message<" in page


def test_page_opens_without_valkey(
    signed_in: Any, alice: User, acme_configuration: SmsConfiguration, settings: Any
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert "server is away" in page_of(signed_in(alice), acme_configuration)


def test_api_tells_the_same(
    api: Any, alice: User, write: Write, acme_configuration: SmsConfiguration
) -> None:
    write()
    client = api(alice)
    one = f"{API}{acme_configuration.pk}/"
    assert client.get(one).json()["throughput"] == {
        "rate_now": 1.0,
        "slowed_since": None,
        "waiting": 1,
    }
    slow(acme_configuration)
    told = client.get(API).json()["results"][0]["throughput"]
    assert told["rate_now"] == pytest.approx(0.5, rel=0.02)
    assert told["slowed_since"] is not None


def test_limits_are_set_by_api(api: Any, alice: User, acme_configuration: SmsConfiguration) -> None:
    client, one = api(alice), f"{API}{acme_configuration.pk}/"
    body = {"segments_per_second": 12.5, "queue_seconds": 1800}
    answer = client.patch(one, body, content_type="application/json").json()
    assert (answer["segments_per_second"], answer["queue_seconds"]) == (12.5, 1800)
    assert answer["throughput"]["rate_now"] == 12.5


@pytest.mark.parametrize(
    "body",
    [{"segments_per_second": 0}, {"segments_per_second": 5000}, {"queue_seconds": 5}],
    ids=["no rate", "too much", "too short"],
)
def test_limits_out_of_reason_are_refused(
    api: Any, alice: User, acme_configuration: SmsConfiguration, body: dict[str, float]
) -> None:
    one = f"{API}{acme_configuration.pk}/"
    answer = api(alice).patch(one, body, content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.json()) == list(body)


def test_tenant_sets_the_pace_of_numbers_on_its_own_trunks_only(
    api: Any, alice: User, acme: Tenant, acme_number: PhoneNumber
) -> None:
    client = api(alice)
    body = {"segments_per_second": 50}
    answer = client.patch(f"{NUMBERS}{acme_number.pk}/", body, content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.json()) == ["segments_per_second"]

    acme_number.trunk = Trunk.objects.create(name="Own", tenant=acme)
    acme_number.save()
    answer = client.patch(f"{NUMBERS}{acme_number.pk}/", body, content_type="application/json")
    assert answer.json()["segments_per_second"] == 50


def test_system_admin_sets_the_pace_of_any_number(
    api: Any, root: User, acme_number: PhoneNumber
) -> None:
    one = f"/api/v1/phone-numbers/{acme_number.pk}/"
    answer = api(root).patch(one, {"segments_per_second": 9}, content_type="application/json")
    assert answer.json()["segments_per_second"] == 9
