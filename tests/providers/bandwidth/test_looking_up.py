"""Asking Bandwidth's list: what became of a message, and whether we may ask at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import responses

from providers.bandwidth.provider import BandwidthProvider
from providers.errors import AccountProblem, ProviderError, TemporaryFailure
from providers.types import ReceiptStatus
from tests.providers.bandwidth.addresses import MESSAGES, TOKEN


def rows(*states: tuple[object, object]) -> dict[str, Any]:
    return {
        "totalCount": len(states),
        "pageInfo": {},
        "messages": [
            {"messageId": "m1", "messageStatus": status, "errorCode": code}
            for status, code in states
        ],
    }


@dataclass(frozen=True)
class Case:
    label: str
    states: tuple[tuple[object, object], ...]
    status: ReceiptStatus
    code: str = ""


@pytest.mark.parametrize(
    "case",
    [
        Case("queued", (("QUEUED", 0),), ReceiptStatus.SENDING),
        Case("sending", (("SENDING", None),), ReceiptStatus.SENDING),
        Case("sent", (("SENT", 0),), ReceiptStatus.SENT),
        Case("delivered", (("DELIVERED", 0),), ReceiptStatus.DELIVERED),
        Case("failed", (("FAILED", 4406),), ReceiptStatus.FAILED, "4406"),
        Case("no receipt", (("FAILED", 9902),), ReceiptStatus.UNCONFIRMED, "9902"),
        Case("expired", (("DLR_EXPIRED", 9902),), ReceiptStatus.UNCONFIRMED, "9902"),
        Case("a new word", (("TELEPORTED", 0),), ReceiptStatus.SENT),
        Case("odd types", ((5, [1]),), ReceiptStatus.SENT),
        Case("group", (("DELIVERED", 0), ("SENDING", 0)), ReceiptStatus.SENDING),
        Case("group half failed", (("FAILED", 4406), ("DELIVERED", 0)), ReceiptStatus.DELIVERED),
    ],
    ids=lambda case: case.label,
)
def test_a_message_s_state_is_found(
    case: Case, basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.get(MESSAGES, json=rows(*case.states))
    found = basic.find_message("m1")
    assert found is not None
    assert (found.status, found.error_code) == (case.status, case.code)
    assert len(found.raw["messages"]) == len(case.states)
    assert carrier.calls[0].request.url == f"{MESSAGES}?messageId=m1"


@pytest.mark.parametrize("messages", [[], [{"messageId": "m2", "messageStatus": "SENT"}], [None]])
def test_a_message_that_is_not_listed_is_none(
    messages: list[Any], basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.get(MESSAGES, json={"messages": messages})
    assert basic.find_message("m1") is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 400}, AccountProblem),
        ({"status": 401}, AccountProblem),
        ({"status": 429, "headers": {"Retry-After": "300"}}, TemporaryFailure),
        ({"status": 200, "body": "<html>"}, TemporaryFailure),
        ({"status": 200, "json": {}}, TemporaryFailure),
        ({"body": requests.ReadTimeout()}, TemporaryFailure),
    ],
)
def test_a_failed_look_up_is_told(
    answer: dict[str, Any],
    error: type[ProviderError],
    basic: BandwidthProvider,
    carrier: responses.RequestsMock,
) -> None:
    carrier.get(MESSAGES, **answer)
    with pytest.raises(ProviderError) as caught:
        basic.find_message("m1")
    assert type(caught.value) is error


def test_credentials_are_checked_by_a_harmless_look_up(
    basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.get(MESSAGES, json=rows())
    assert "9900001" in basic.check_credentials()
    request = carrier.calls[0].request
    assert request.method == "GET"
    since = request.params["fromDateTime"]  # type: ignore[attr-defined]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", since)


@dataclass(frozen=True)
class Wrong:
    label: str
    answer: dict[str, Any]
    error: type[ProviderError]
    says: str


@pytest.mark.parametrize(
    "case",
    [
        Wrong("wrong pair", {"status": 401}, AccountProblem, "username and password"),
        Wrong("role", {"status": 403}, AccountProblem, "may not be used for messaging"),
        Wrong("account", {"status": 404}, AccountProblem, "knows no account 9900001"),
        Wrong("refused", {"status": 400, "json": {"description": "No."}}, AccountProblem, "No."),
        Wrong("unreachable", {"body": requests.ConnectTimeout()}, TemporaryFailure, "reached"),
        Wrong("fault", {"status": 500}, TemporaryFailure, "fault"),
    ],
    ids=lambda case: case.label,
)
def test_what_is_wrong_with_credentials_is_said_plainly(
    case: Wrong, basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.get(MESSAGES, **case.answer)
    with pytest.raises(case.error) as caught:
        basic.check_credentials()
    assert case.says in caught.value.detail


def test_a_wrong_client_id_is_told_from_a_wrong_account(
    oauth: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.post(TOKEN, status=401)
    with pytest.raises(AccountProblem, match="does not know this client ID"):
        oauth.check_credentials()
