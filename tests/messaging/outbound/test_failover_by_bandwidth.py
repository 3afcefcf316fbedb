"""Fail-over at the real adapter's edge: what Bandwidth answers decides about the next route."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import responses

from messaging.delivery.attempt import deliver
from messaging.models import Message, OutboundRoute, OutboundRule, SmsConfiguration
from tenants.models import Tenant, Trunk
from tests.conftest import _configuration
from tests.messaging.outbound.conftest import Write

FIRST = "https://messaging.bandwidth.com/api/v2/users/9900001/messages"
SECOND = "https://messaging.bandwidth.com/api/v2/users/9900011/messages"
REJECTED = {"type": "request-validation", "description": "Bad.",
            "fieldErrors": [{"fieldName": "to", "description": "bad"}]}  # fmt: skip
WRONG_SENDER = {"type": "request-validation", "description": "Bad.",
                "fieldErrors": [{"fieldName": "from", "description": "not yours"}]}  # fmt: skip


@pytest.fixture
def two_routes(at_acme: Tenant, trunk: Trunk, acme_configuration: SmsConfiguration) -> None:
    """All of Acme's texts to the USA go by its account, or else by a second one."""
    second = _configuration(at_acme, trunk, name="Second", account_id="9900011")
    rule = OutboundRule.objects.create(name="Home", number_prefixes="1")
    for position, account in enumerate((acme_configuration, second)):
        OutboundRoute.objects.create(rule=rule, position=position, configuration=account)


@pytest.mark.parametrize(
    ("answer", "asked", "status"),
    [
        ({"status": 401, "json": {"description": "Unauthorized"}}, 2, "sent"),
        ({"status": 403, "json": {"description": "Access denied"}}, 2, "sent"),
        ({"status": 429, "json": {"description": "Too many"}}, 2, "sent"),
        ({"status": 503, "body": "down"}, 2, "sent"),
        ({"body": requests.ConnectTimeout("nobody there")}, 2, "sent"),
        ({"status": 400, "json": WRONG_SENDER}, 2, "sent"),
        ({"status": 400, "json": REJECTED}, 1, "failed"),
        ({"body": requests.ReadTimeout("slow")}, 1, "unconfirmed"),
        ({"body": requests.ConnectionError("dropped")}, 1, "unconfirmed"),
        ({"status": 202, "body": "not JSON"}, 1, "unconfirmed"),
    ],
    ids=[
        "401",
        "403",
        "429",
        "503",
        "no connection",
        "400 from",
        "400 to",
        "read timeout",
        "dropped",
        "unreadable",
    ],
)
@responses.activate
@pytest.mark.usefixtures("two_routes")
def test_answer_decides_about_the_next_route(
    write: Write, answer: dict[str, Any], asked: int, status: str
) -> None:
    responses.post(FIRST, **answer)
    responses.post(SECOND, status=202, json={"id": "bw-2", "segmentCount": 1})
    message = write()

    deliver(message.pk)

    message = Message.objects.get(pk=message.pk)
    urls = [call.request.url for call in responses.calls]
    assert sorted(set(urls)) == [FIRST, SECOND][:asked]
    assert urls.count(SECOND) == asked - 1
    assert message.status == status
    assert {exchange.address for exchange in message.exchanges.all()} == set(urls)
