"""Neither logs nor tracebacks carry credentials, tokens, texts or the numbers texted."""

from __future__ import annotations

import logging
import socket
import traceback

import pytest

from providers.bandwidth.provider import BandwidthProvider
from providers.errors import ProviderError
from providers.types import Account, AuthMethod, OutboundMessage
from tests.providers.servers import answer, read_request, scripted

MESSAGE = OutboundMessage(
    sender="+19195550101", recipients=("+15125550300",), text="text-Canary", tag="m-1"
)
TOKEN = b'{"access_token": "token-Canary", "expires_in": 3600}'


@pytest.mark.parametrize("status", ["202 Accepted", "400 Bad Request", "500 Oops", "403 No"])
@pytest.mark.parametrize("method", list(AuthMethod))
def test_nothing_secret_is_told(
    method: AuthMethod, status: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account = Account(
        account_id="9900001",
        application_id="a",
        auth_method=method,
        username="user",
        password="secret-Canary",
    )

    def grant(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer("200 OK", TOKEN))

    def judge(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer(status, b'{"description": "secret-Canary"}'))

    scripts = [grant, judge] if method is AuthMethod.OAUTH2 else [judge]
    with scripted(*scripts) as base_url:
        provider = BandwidthProvider(account, base_url=base_url, token_url=f"{base_url}/token")
        with pytest.raises(ProviderError) as caught:  # a 202 without an id is one too
            provider.send(MESSAGE)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    told += caplog.text + repr(vars(provider))
    for secret in ("Canary", "15125550300"):
        assert secret not in told
