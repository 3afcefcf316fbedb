"""Broadcasts are rung for in a queue of their own, and whoever answers is not behind them."""

from __future__ import annotations

from typing import Any

import pytest

from config.celery import app
from messaging import queue
from messaging.models import Message


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("person", "messages"),
        ("auto_reply", "messages"),
        ("consent", "messages"),
        ("broadcast", "bulk"),
    ],
)
def test_origin_chooses_the_queue(origin: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(queue, "enqueue", lambda task, key, delay=None: rung.append((task, delay)))
    queue.enqueue_delivery(Message(origin=origin), delay=3.0)
    ((task, delay),) = rung
    route = app.conf.task_routes.get(task, {"queue": app.conf.task_default_queue})
    assert (route["queue"], delay) == (name, 3.0)
