"""Magic numbers and planned failures, seen through our own adapter."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from providers.bandwidth.provider import BandwidthProvider
from providers.errors import (
    AccountProblem,
    MessageRejected,
    OutcomeUnknown,
    ProviderError,
    QueueFull,
    TemporaryFailure,
)
from providers.simulator.server import RunningSimulator
from providers.types import DeliveryReceipt, ReceiptStatus
from tests.providers.contract.cases import PICTURE
from tests.providers.servers import Webhook
from tests.providers.simulator.conftest import ACCOUNT, CUSTOMER, OURS, adapter_for
from tests.providers.simulator.test_callbacks import TEXT, behave


def receipt(webhook: Webhook) -> DeliveryReceipt:
    (item,) = BandwidthProvider.split_webhook(webhook.next().body)
    parsed = BandwidthProvider.parse_webhook(item.payload)
    assert isinstance(parsed, DeliveryReceipt)
    return parsed


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("4406", ReceiptStatus.FAILED),
        ("4775", ReceiptStatus.FAILED),
        ("5600", ReceiptStatus.FAILED),
        ("9902", ReceiptStatus.UNCONFIRMED),
    ],
)
def test_a_number_fails_with_the_code_it_ends_in(
    code: str, status: ReceiptStatus, adapter: BandwidthProvider, webhook: Webhook
) -> None:
    sent = adapter.send(replace(TEXT, recipients=(f"+1999555{code}",)))
    told = receipt(webhook)
    assert (told.status, told.error_code) == (status, code)
    found = adapter.find_message(sent.provider_message_id)
    assert found is not None
    assert (found.status, found.error_code) == (status, code)


def test_a_foreign_sender_fails_after_it_was_taken(
    adapter: BandwidthProvider, webhook: Webhook
) -> None:
    adapter.send(replace(TEXT, sender="+13125550199"))
    assert receipt(webhook).error_code == "4403"


def test_a_number_may_never_be_heard_of_again(adapter: BandwidthProvider, webhook: Webhook) -> None:
    silent = adapter.send(replace(TEXT, recipients=("+19995550000",)))
    adapter.send(TEXT)
    assert receipt(webhook).recipient == TEXT.recipients[0]
    found = adapter.find_message(silent.provider_message_id)
    assert found is not None
    assert found.status is ReceiptStatus.SENDING


@pytest.mark.parametrize(
    ("digits", "error"),
    [
        ("0401", AccountProblem),
        ("0429", QueueFull),
        ("0500", TemporaryFailure),
        ("0408", OutcomeUnknown),
        ("0499", OutcomeUnknown),
    ],
)
def test_a_number_can_spoil_the_request_itself(
    digits: str, error: type[ProviderError], simulator: RunningSimulator
) -> None:
    impatient = adapter_for(simulator, timeout=0.5)
    with pytest.raises(ProviderError) as caught:
        impatient.send(replace(TEXT, recipients=(f"+1999555{digits}",)))
    assert type(caught.value) is error


@pytest.mark.parametrize("digits", ["0408", "0499"])
def test_a_receipt_settles_an_unknown_outcome(
    digits: str, simulator: RunningSimulator, webhook: Webhook
) -> None:
    with pytest.raises(OutcomeUnknown):
        adapter_for(simulator, timeout=0.5).send(replace(TEXT, recipients=(f"+1999555{digits}",)))
    assert receipt(webhook).tag == "m-1"


def test_the_next_requests_fail_as_planned(
    adapter: BandwidthProvider, simulator: RunningSimulator
) -> None:
    behave(simulator, next_status=429, retry_after=7, next_count=2)
    for _ in range(2):
        with pytest.raises(TemporaryFailure) as caught:
            adapter.send(TEXT)
        assert caught.value.retry_after == 7
    assert adapter.send(TEXT).provider_message_id


def test_planned_failures_hit_the_place_they_were_planned_for(
    adapter: BandwidthProvider, simulator: RunningSimulator
) -> None:
    behave(simulator, next_status=503, next_on="media")
    adapter.send(TEXT)
    with pytest.raises(TemporaryFailure):
        adapter.upload_media(PICTURE, name="a.png")
    behave(simulator, next_status=500, next_on="token")
    with pytest.raises(TemporaryFailure):
        adapter_for(simulator, username="somebody").check_credentials()


def test_a_share_of_ordinary_messages_fares_like_a_magic_number(
    adapter: BandwidthProvider, simulator: RunningSimulator
) -> None:
    def fares(seed: int) -> list[bool]:
        behave(simulator, chances={"0500": 0.5}, seed=seed)
        taken = []
        for _ in range(20):
            try:
                taken.append(bool(adapter.send(TEXT).provider_message_id))
            except TemporaryFailure:
                taken.append(False)
        return taken

    assert set(fares(1)) == {True, False}
    assert fares(1) == fares(1) != fares(2)


def test_forgotten_tokens_are_replaced_unnoticed(
    adapter: BandwidthProvider, simulator: RunningSimulator
) -> None:
    adapter.send(TEXT)
    simulator.simulator.sign_in.forget_tokens()
    assert adapter.send(TEXT).provider_message_id


@pytest.mark.parametrize(
    "switches",
    [
        {"unheard": 1},
        {"duplicate": "yes"},
        {"next_status": "429"},
        {"retry_after": "1"},
        {"chances": {"4406": 0.5}},
        {"chances": {"0500": "often"}},
    ],
)
def test_unknown_switches_are_refused(
    switches: dict[str, object], simulator: RunningSimulator
) -> None:
    url = f"{simulator.base_url}/simulator/behaviour"
    assert requests.post(url, json=switches, timeout=5).status_code == 400


def test_switches_are_shown_and_put_back(simulator: RunningSimulator) -> None:
    url = f"{simulator.base_url}/simulator/behaviour"
    behave(simulator, duplicate=True)
    assert requests.get(url, timeout=5).json()["duplicate"] is True
    behave(simulator, reset=True)
    assert requests.get(url, timeout=5).json()["duplicate"] is False


def test_wrong_fields_are_named(adapter: BandwidthProvider) -> None:
    numbers = tuple(f"+1512555{n:04}" for n in range(11))
    with pytest.raises(MessageRejected, match="more than 10") as caught:
        adapter.send(replace(TEXT, recipients=numbers))
    assert caught.value.error_code == "request-validation"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to": []}, "to"),
        ({"to": ["+15125550300", "+15125550300"]}, "to"),
        ({"to": ["555-1234"]}, "to"),
        ({"to": 5}, "to"),
        ({"from": "a name that is too long"}, "from"),
        ({"from": None}, "from"),
        ({"text": "x" * 2049}, "text"),
        ({"text": ""}, "text"),
        ({"text": 5}, "text"),
        ({"media": "https://x.example/a"}, "media"),
        ({"media": ["ftp://x.example/a"]}, "media"),
        ({"media": ["https://x.example/" + "a" * 4096]}, "media"),
        ({"media": ["https://x.example/a"] * 11}, "media"),
        ({"tag": "x" * 1025}, "tag"),
        ({"priority": "normal"}, "priority"),
        ({"expiration": "tomorrow"}, "expiration"),
        ({"expiration": "2020-01-01T00:00:00Z"}, "expiration"),
        ({"expiration": "2999-01-01T00:00:00"}, "expiration"),
        ({"applicationId": "another"}, "applicationId"),
        ({"applicationId": None}, "applicationId"),
        ({"scheduleTime": "2999-01-01T00:00:00Z"}, "scheduleTime"),
    ],
)
def test_each_field_is_validated(
    changes: dict[str, object], field: str, simulator: RunningSimulator
) -> None:
    body = {
        "applicationId": ACCOUNT.application_id,
        "to": [CUSTOMER],
        "from": OURS,
        "text": "Hi",
        **changes,
    }
    answer = requests.post(
        f"{simulator.api_url}/users/{ACCOUNT.account_id}/messages",
        data=json.dumps(body),
        headers={"Content-Type": "application/json"},
        auth=(ACCOUNT.username, ACCOUNT.password),
        timeout=5,
    )
    assert answer.status_code == 400
    assert [error["fieldName"] for error in answer.json()["fieldErrors"]] == [field]


def around(now: datetime) -> dict[str, datetime]:
    return {"since": now - timedelta(minutes=1), "until": now + timedelta(minutes=1)}


@pytest.mark.parametrize(("digits", "is_listed"), [("0498", True), ("0497", False)])
def test_only_the_list_knows_of_a_message_that_was_lost_on_the_way(
    digits: str,
    is_listed: bool,  # noqa: FBT001  # a case of the table
    adapter: BandwidthProvider,
) -> None:
    number = f"+1999555{digits}"
    with pytest.raises(OutcomeUnknown):
        adapter.send(replace(TEXT, recipients=(number,)))
    found = adapter.find_sent(TEXT.sender, number, **around(datetime.now(UTC)))

    assert [part.status for part in found] == ([ReceiptStatus.DELIVERED] if is_listed else [])


def test_what_was_sent_is_found_by_numbers_and_time(adapter: BandwidthProvider) -> None:
    sent = [adapter.send(replace(TEXT, recipients=(CUSTOMER, "+15125550301"))), adapter.send(TEXT)]
    now = datetime.now(UTC)
    found = adapter.find_sent(TEXT.sender, CUSTOMER, **around(now))
    later = adapter.find_sent(TEXT.sender, CUSTOMER, **around(now + timedelta(minutes=3)))

    assert {part.provider_message_id for part in found} == {
        each.provider_message_id for each in sent
    }
    assert {part.recipient for part in found} == {CUSTOMER}
    assert later == ()


def test_the_list_can_be_refused_too(
    simulator: RunningSimulator, adapter: BandwidthProvider
) -> None:
    behave(simulator, next_status=429, next_on="list", retry_after=7)
    with pytest.raises(TemporaryFailure) as caught:
        adapter.find_message("any")
    assert caught.value.retry_after == 7
