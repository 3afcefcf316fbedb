"""Bandwidth's own client drives the simulator and notices no difference."""

from __future__ import annotations

import bandwidth
import pytest
from bandwidth.exceptions import BadRequestException, ForbiddenException, UnauthorizedException

from providers.bandwidth.provider import BandwidthProvider
from providers.simulator.server import RunningSimulator
from tests.providers.servers import Webhook
from tests.providers.simulator.conftest import ACCOUNT, CUSTOMER, OURS


def client(simulator: RunningSimulator, **credentials: str) -> bandwidth.ApiClient:
    credentials = credentials or {"username": ACCOUNT.username, "password": ACCOUNT.password}
    return bandwidth.ApiClient(
        bandwidth.Configuration(
            host=simulator.api_url, ignore_operation_servers=True, **credentials
        )
    )


def request(**changes: object) -> bandwidth.MessageRequest:
    fields = {
        "application_id": ACCOUNT.application_id,
        "to": [CUSTOMER],
        "var_from": OURS,
        "text": "Hi",
        "tag": "m-1",
    }
    return bandwidth.MessageRequest(**{**fields, **changes})


def test_a_message_is_taken_and_listed(simulator: RunningSimulator, webhook: Webhook) -> None:
    api = bandwidth.MessagesApi(client(simulator))
    sent = api.create_message(ACCOUNT.account_id, request())
    assert (sent.direction, sent.segment_count, sent.tag) == ("out", 1, "m-1")
    webhook.next()
    listed = api.list_messages(ACCOUNT.account_id, message_id=sent.id)
    assert listed.total_count == 1
    (row,) = listed.messages
    assert (row.message_id, row.source_tn, row.destination_tn) == (sent.id, OURS, CUSTOMER)
    assert row.message_status == "DELIVERED"
    assert row.message_direction == "OUTBOUND"


def test_messages_are_listed_in_pages(simulator: RunningSimulator) -> None:
    api = bandwidth.MessagesApi(client(simulator))
    for _ in range(3):
        api.create_message(ACCOUNT.account_id, request())
    first = api.list_messages(ACCOUNT.account_id, source_tn=OURS, limit=2)
    token = first.page_info.next_page_token
    second = api.list_messages(ACCOUNT.account_id, source_tn=OURS, limit=2, page_token=token)
    assert (len(first.messages), len(second.messages)) == (2, 1)
    assert second.page_info.next_page_token is None


def test_a_wrong_request_gets_the_documented_error(simulator: RunningSimulator) -> None:
    api = bandwidth.MessagesApi(client(simulator))
    with pytest.raises(BadRequestException) as caught:
        api.create_message(ACCOUNT.account_id, request(to=["5125550300"], application_id="x"))
    assert caught.value.data.type == "request-validation"
    fields = [error.field_name for error in caught.value.data.field_errors]
    assert fields == ["to", "applicationId"]


def test_wrong_credentials_are_unauthorized(simulator: RunningSimulator) -> None:
    api = bandwidth.MessagesApi(client(simulator, username="user", password="wrong"))
    with pytest.raises(UnauthorizedException):
        api.create_message(ACCOUNT.account_id, request())


def test_an_unknown_account_is_unauthorized_too(simulator: RunningSimulator) -> None:
    api = bandwidth.MessagesApi(client(simulator, username="nobody", password="pw"))
    with pytest.raises(UnauthorizedException):
        api.create_message("9999999", request())


def test_somebody_else_s_account_is_forbidden(simulator: RunningSimulator) -> None:
    api = bandwidth.MessagesApi(client(simulator, username="other", password="pw"))
    with pytest.raises(ForbiddenException):
        api.create_message(ACCOUNT.account_id, request())


def test_an_access_token_is_taken(simulator: RunningSimulator, adapter: BandwidthProvider) -> None:
    adapter.check_credentials()
    (token,) = simulator.simulator.sign_in._tokens
    api = bandwidth.MessagesApi(client(simulator, access_token=token))
    assert api.create_message(ACCOUNT.account_id, request()).id


def test_media_is_uploaded_listed_fetched_and_deleted(simulator: RunningSimulator) -> None:
    api = bandwidth.MediaApi(client(simulator))
    for name in ("a.png", "b.png", "c.png"):
        api.upload_media(ACCOUNT.account_id, name, b"\x89PNG", _content_type="image/png")
    first = api.list_media_with_http_info(ACCOUNT.account_id)
    token = first.headers["Continuation-Token"]
    second = api.list_media_with_http_info(ACCOUNT.account_id, continuation_token=token)
    assert [media.media_name for media in first.data + second.data] == ["a.png", "b.png", "c.png"]
    assert "Continuation-Token" not in second.headers
    assert bytes(api.get_media(ACCOUNT.account_id, "a.png")) == b"\x89PNG"
    api.delete_media(ACCOUNT.account_id, "a.png")
    with pytest.raises(bandwidth.exceptions.NotFoundException) as caught:
        api.get_media(ACCOUNT.account_id, "a.png")
    assert '"error": "Not Found"' in caught.value.body
