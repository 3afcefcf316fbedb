"""A flood of events takes some threads of a worker, not all, and no bell is lost by that."""

from __future__ import annotations

import threading

import pytest

from messaging import tasks
from messaging.inbound import drain

PATIENCE = 10.0


def test_few_runs_at_once_and_one_more_for_who_rang_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lock, may_end, both_run = threading.Lock(), threading.Event(), threading.Event()
    running, most, runs = 0, 0, 0

    def slow() -> int:
        nonlocal running, most, runs
        with lock:
            running, runs = running + 1, runs + 1
            most = max(most, running)
            if running == 2:
                both_run.set()
        assert may_end.wait(PATIENCE)
        with lock:
            running -= 1
        return 0

    monkeypatch.setattr(drain, "drain", slow)
    threads = [threading.Thread(target=tasks.route_webhook_events) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert both_run.wait(PATIENCE)
    for _ in range(5):
        tasks.route_webhook_events()  # returns at once
    may_end.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert most == 2
    assert 3 <= runs <= 4


def test_run_that_fails_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = 0

    def fail() -> int:
        nonlocal runs
        runs += 1
        raise RuntimeError

    monkeypatch.setattr(drain, "drain", fail)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            tasks.route_webhook_events()
    assert runs == 3
