"""A running simulator with one account, and the webhook of its owner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from providers.bandwidth.auth import TOKENS
from providers.bandwidth.provider import BandwidthProvider
from providers.simulator.server import RunningSimulator, start_in_thread
from providers.simulator.settings import SimulatedAccount, SimulatorSettings
from providers.types import Account, AuthMethod
from tests.providers.servers import Webhook

OURS = "+19195550101"
CUSTOMER = "+15125550300"
ACCOUNT = SimulatedAccount(
    account_id="9900001",
    application_id="93de2206-9669-4e07-948d-329f4b722ee2",
    username="user",
    password="s3cret-Canary",
    client_id="client",
    client_secret="s3cret-Canary-2",
    webhook_username="bw",
    webhook_password="cb-Canary",
    numbers=(OURS,),
)
OTHER = SimulatedAccount(account_id="9900002", username="other", password="pw")
QUICK = SimulatorSettings(
    accounts=(ACCOUNT, OTHER),
    callback_delay=0.02,
    retry_delays=(0.02, 0.02),
    hang_seconds=5.0,
    media_page_size=2,
)

Start = Callable[..., RunningSimulator]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    receiver = Webhook()
    yield receiver
    receiver.close()


@pytest.fixture
def start(webhook: Webhook) -> Iterator[Start]:
    """Start a simulator, its account changed as the test wants."""
    running: list[RunningSimulator] = []

    def start(**changes: object) -> RunningSimulator:
        changes.setdefault("webhook_url", webhook.url)
        account = replace(ACCOUNT, **changes)  # type: ignore[arg-type]
        running.append(start_in_thread(replace(QUICK, accounts=(account, OTHER))))
        return running[-1]

    TOKENS.clear()
    yield start
    for one in running:
        one.stop()


@pytest.fixture
def simulator(start: Start) -> RunningSimulator:
    return start()


@pytest.fixture
def adapter(simulator: RunningSimulator) -> BandwidthProvider:
    """Our own adapter, signed in to the simulator by OAuth 2.0."""
    return adapter_for(simulator)


def adapter_for(
    simulator: RunningSimulator, *, timeout: float = 5.0, **changes: object
) -> BandwidthProvider:
    account = Account(
        account_id=ACCOUNT.account_id,
        application_id=ACCOUNT.application_id,
        auth_method=AuthMethod.OAUTH2,
        username=ACCOUNT.client_id,
        password=ACCOUNT.client_secret,
    )
    return BandwidthProvider(
        replace(account, **changes),  # type: ignore[arg-type]
        base_url=simulator.api_url,
        token_url=simulator.token_url,
        timeout=(5.0, timeout),
    )
