"""A worker comes back to its broker soon after it is there again."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from kombu.utils import functional

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
