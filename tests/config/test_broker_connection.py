"""A broker that is away: workers come back soon after it does, and nobody sleeps over a bell."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from kombu.exceptions import OperationalError
from kombu.utils import functional

from config import local
from config.celery import app


def test_after_a_long_outage_the_next_try_is_no_further_off_than_after_a_short_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    told: list[float] = []

    def connect(*_: Any) -> Any:
        if sum(pauses) < 120:
            raise redis.ConnectionError
        return "connected"

    monkeypatch.setattr(functional, "sleep", pauses.append)
    connection = app.amqp.Connection("redis://127.0.0.1:1/0")
    monkeypatch.setattr(connection, "_connection_factory", connect)
    connection.ensure_connection(lambda _error, pause: told.append(pause), None)
    assert max(told) <= 2
    assert sum(pauses) <= 122


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1"])
def test_who_publishes_does_not_sleep_while_the_broker_is_away(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(functional, "sleep", pauses.append)
    connection = app.amqp.Connection(
        url, connect_timeout=1, transport_options=local.broker_options(url)
    )
    with pytest.raises(OperationalError):
        _ = connection.default_channel
    assert pauses == []
