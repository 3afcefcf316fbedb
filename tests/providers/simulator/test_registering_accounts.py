"""The portal introduces its accounts once their webhooks have addresses."""

from __future__ import annotations

import pytest
import requests

from providers.bandwidth.auth import TOKENS
from providers.errors import AccountProblem
from providers.simulator.server import start_in_thread
from providers.simulator.web import Request
from providers.types import AuthMethod
from tests.providers.servers import Webhook
from tests.providers.simulator.conftest import OURS, adapter_for
from tests.providers.simulator.test_handset import inbound, send

FIELDS = {
    "application_id": "93de2206-9669-4e07-948d-329f4b722ee2",
    "username": "token",
    "password": "secret",
    "client_id": "",
    "client_secret": "",
    "webhook_url": "",
    "webhook_username": "bw",
    "webhook_password": "pw",
    "numbers": [OURS],
}


def test_a_registered_account_can_be_used_at_once(webhook: Webhook) -> None:
    TOKENS.clear()
    with start_in_thread() as simulator:
        adapter = adapter_for(
            simulator, auth_method=AuthMethod.BASIC, username="token", password="secret"
        )
        with pytest.raises(AccountProblem):
            adapter.check_credentials()
        url = f"{simulator.base_url}/simulator/accounts/9900001"
        fields = {**FIELDS, "webhook_url": webhook.url}
        assert requests.put(url, json=fields, timeout=5).status_code == 200
        assert "9900001" in adapter.check_credentials()
        send(simulator)
        assert inbound(webhook).our_number == OURS


@pytest.mark.parametrize(
    "fields", [{"numbers": "x"}, {"numbers": [1]}, {"unheard": "x"}, {"password": None}]
)
def test_wrong_fields_are_refused(fields: dict[str, object]) -> None:
    with start_in_thread() as simulator:
        url = f"{simulator.base_url}/simulator/accounts/9900001"
        assert requests.put(url, json=fields, timeout=5).status_code == 400
        assert simulator.simulator.store.accounts == {}


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/simulator/accounts/1"), ("POST", "/simulator/behaviour")]
)
def test_only_this_machine_may_steer(method: str, path: str) -> None:
    with start_in_thread() as simulator:
        answer = simulator.simulator.answer(
            Request(
                method=method,
                path=path,
                headers={"content-type": "application/json"},
                body=b"{}",
                is_local=False,
            )
        )
    assert answer.status == 403
