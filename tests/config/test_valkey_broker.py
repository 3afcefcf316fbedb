"""A worker whose Valkey went away lets go of it, whatever it was doing."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from django.conf import settings
from kombu import Connection

from config import local, valkey_broker


def test_a_connection_lost_while_waiting_with_tasks_unfinished_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(**_: Any) -> None:
        raise redis.ConnectionError

    valkey_broker.install()
    url = local.broker_url(settings.DATA_DIR) if settings.EMBEDDED_REDIS else settings.REDIS_URL
    connection = Connection(url, transport_options={"unacked_key": "unacked-lost"})
    queue = connection.SimpleQueue("lost")
    queue.put({})
    queue.get(timeout=5)
    channel = connection.default_channel
    assert channel.qos._delivered
    monkeypatch.setattr(channel, "_brpop_read", gone)
    channel._in_poll = True
    connection.collect()  # as Celery does it: this ends at the first error ...
    channel._in_poll = None
    connection.close()  # ... and this gives the unfinished tasks back
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete("unacked-lost", "_kombu.binding.lost", "lost")
