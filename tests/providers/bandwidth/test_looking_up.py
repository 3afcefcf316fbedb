"""Asking Bandwidth's list: what became of a message, and whether we may ask at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
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


OURS, CUSTOMER = "+19195550101", "+15125550300"
SINCE = datetime(2026, 11, 20, 15, 58, 0, 7_000, tzinfo=UTC)
UNTIL = datetime(2026, 11, 20, 16, 10, tzinfo=UTC)


def row(message_id: str, **changes: object) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "sourceTn": OURS,
        "destinationTn": CUSTOMER,
        "messageStatus": "DELIVERED",
        "messageDirection": "OUTBOUND",
        "errorCode": 0,
        "receiveTime": "2026-11-20T16:00:01.100Z",
        **changes,
    }


def page(*listed: object, following: str = "") -> dict[str, Any]:
    info = {"nextPageToken": following} if following else {}
    return {"totalCount": 9, "pageInfo": info, "messages": list(listed)}


def find_sent(provider: BandwidthProvider) -> list[str]:
    found = provider.find_sent(OURS, CUSTOMER, since=SINCE, until=UNTIL)
    return [part.provider_message_id for part in found]


def test_what_was_sent_is_asked_for_by_both_numbers_and_milliseconds(
    basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.get(MESSAGES, json=page(row("m1")))
    (part,) = basic.find_sent(OURS, CUSTOMER, since=SINCE, until=UNTIL)

    assert (part.provider_message_id, part.status) == ("m1", ReceiptStatus.DELIVERED)
    assert part.taken_at == datetime(2026, 11, 20, 16, 0, 1, 100_000, tzinfo=UTC)
    url = carrier.calls[0].request.url or ""
    assert "sourceTn=%2B19195550101&destinationTn=%2B15125550300" in url
    assert carrier.calls[0].request.params == {  # type: ignore[attr-defined]
        "messageDirection": "OUTBOUND",
        "sourceTn": OURS,
        "destinationTn": CUSTOMER,
        "fromDateTime": "2026-11-20T15:58:00.007Z",
        "toDateTime": "2026-11-20T16:10:00.000Z",
    }


def test_rows_that_only_resemble_it_are_left_out(
    basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.get(
        MESSAGES,
        json=page(
            row("other way", messageDirection="INBOUND"),
            row("longer number", destinationTn=f"{CUSTOMER}1"),
            row("other sender", sourceTn="+19195550102"),
            row(""),
            {"messageId": 5},
            None,
            row("m1", messageDirection=None) | {"messageDirection": "OUTBOUND"},
        ),
    )
    assert find_sent(basic) == ["m1"]


def test_every_page_is_read(basic: BandwidthProvider, carrier: responses.RequestsMock) -> None:
    carrier.get(MESSAGES, json=page(row("m1"), following="t2"))
    carrier.get(MESSAGES, json=page(row("m2")))

    assert find_sent(basic) == ["m1", "m2"]
    assert carrier.calls[1].request.params["pageToken"] == "t2"  # type: ignore[attr-defined]


def test_a_list_without_end_is_given_up(
    basic: BandwidthProvider, carrier: responses.RequestsMock
) -> None:
    carrier.get(MESSAGES, json=page(row("m1"), following="again"))
    with pytest.raises(TemporaryFailure, match="too long"):
        find_sent(basic)
    assert len(carrier.calls) == 10


@pytest.mark.parametrize(
    ("answer", "error", "pause"),
    [
        (
            {
                "status": 429,
                "json": {"type": "rate_limit_exceeded"},
                "headers": {"Retry-After": "300"},
            },
            TemporaryFailure,
            300,
        ),
        ({"status": 400}, AccountProblem, None),
        ({"status": 200, "body": "<html>"}, TemporaryFailure, None),
    ],
    ids=["too often", "refused", "unreadable"],
)
def test_a_list_that_is_refused_is_told(
    answer: dict[str, Any],
    error: type[ProviderError],
    pause: float | None,
    basic: BandwidthProvider,
    carrier: responses.RequestsMock,
) -> None:
    carrier.get(MESSAGES, **answer)
    with pytest.raises(error) as caught:
        find_sent(basic)
    assert getattr(caught.value, "retry_after", None) == pause
