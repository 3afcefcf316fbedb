"""Callbacks come as Bandwidth's do: an array, unsigned first, repeated until taken."""

from __future__ import annotations

import base64
import json
from typing import Any

import bandwidth
import requests

from providers.bandwidth.provider import BandwidthProvider
from providers.simulator.server import RunningSimulator
from providers.types import DeliveryReceipt, OutboundMessage, ReceiptStatus
from tests.providers.servers import Posted, Webhook, eventually
from tests.providers.simulator.conftest import ACCOUNT, CUSTOMER, OURS, Start, adapter_for

TEXT = OutboundMessage(sender=OURS, recipients=(CUSTOMER,), text="Hi", tag="m-1")
GROUP = OutboundMessage(sender=OURS, recipients=(CUSTOMER, "+15125550301"), text="Hi", tag="m-2")


def behave(simulator: RunningSimulator, **switches: object) -> None:
    url = f"{simulator.base_url}/simulator/behaviour"
    requests.post(url, json=switches, timeout=5).raise_for_status()


def event(posted: Posted) -> dict[str, Any]:
    (one,) = json.loads(posted.body)
    return dict(one)


def kinds(webhook: Webhook, count: int) -> list[str]:
    return [str(event(webhook.next())["type"]) for _ in range(count)]


def test_credentials_are_sent_only_when_asked_for(
    adapter: BandwidthProvider, webhook: Webhook
) -> None:
    adapter.send(TEXT)
    first, second = webhook.next(signed=False), webhook.next(signed=False)
    assert first.authorization == ""
    pair = base64.b64decode(second.authorization.removeprefix("Basic ")).decode()
    assert pair == f"{ACCOUNT.webhook_username}:{ACCOUNT.webhook_password}"
    assert first.body == second.body
    assert first.user_agent == "BandwidthAPI/v2"
    assert first.content_type == "application/json; charset=utf-8"


def test_a_receipt_is_of_the_official_form(adapter: BandwidthProvider, webhook: Webhook) -> None:
    sent = adapter.send(TEXT)
    described = event(webhook.next())
    official = bandwidth.Callback.from_json(json.dumps(described)).actual_instance
    assert official.type == "message-delivered"
    assert official.message.id == sent.provider_message_id
    assert official.message.tag == "m-1"
    assert described["message"]["text"] == ""
    receipt = BandwidthProvider.parse_webhook(json.dumps(described).encode())
    assert isinstance(receipt, DeliveryReceipt)
    assert (receipt.status, receipt.recipient) == (ReceiptStatus.DELIVERED, CUSTOMER)


def test_a_group_is_reported_for_each_recipient(
    adapter: BandwidthProvider, webhook: Webhook
) -> None:
    adapter.send(GROUP)
    seen = {(event(p)["type"], event(p)["to"]) for p in (webhook.next() for _ in range(4))}
    assert seen == {
        (kind, number)
        for kind in ("message-sending", "message-delivered")
        for number in GROUP.recipients
    }


def test_a_callback_is_repeated_until_it_is_taken(
    adapter: BandwidthProvider, webhook: Webhook, simulator: RunningSimulator
) -> None:
    webhook.statuses = [503, 500]
    adapter.send(TEXT)
    bodies = {webhook.next().body for _ in range(3)}
    assert len(bodies) == 1


def test_a_401_without_a_challenge_loses_the_event(start: Start) -> None:
    receiver = Webhook(challenge=None)
    simulator = start(webhook_url=receiver.url)
    adapter_for(simulator).send(TEXT)
    eventually(lambda: simulator.simulator.callbacks.log)
    receiver.close()
    (entry,) = simulator.simulator.callbacks.log
    assert entry["outcome"].startswith("lost")
    assert receiver.next(signed=False).authorization == ""


def test_duplicates_come_on_demand(
    adapter: BandwidthProvider, webhook: Webhook, simulator: RunningSimulator
) -> None:
    behave(simulator, duplicate=True)
    adapter.send(TEXT)
    assert webhook.next().body == webhook.next().body


def test_events_overtake_each_other_on_demand(
    adapter: BandwidthProvider, webhook: Webhook, simulator: RunningSimulator
) -> None:
    behave(simulator, reorder=True, callback_delay=0.4)
    adapter.send(GROUP)
    assert kinds(webhook, 4) == ["message-delivered"] * 2 + ["message-sending"] * 2


def test_an_account_without_a_webhook_is_noted(start: Start) -> None:
    simulator = start(webhook_url="")
    adapter_for(simulator).send(TEXT)
    eventually(lambda: simulator.simulator.callbacks.log)
    (entry,) = simulator.simulator.callbacks.log
    assert entry["outcome"] == "no webhook URL"
