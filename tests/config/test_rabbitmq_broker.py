"""RabbitMQ carries the tasks: taken, taken again after a crash, kept over a restart."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from kombu.exceptions import OperationalError

from config import health, processes
from config.celery import app
from config.local import REPOSITORY
from tests.config.rabbitmq import PATIENCE, Broker, Guarded
from tests.config.watching import eventually

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    port = urlsplit(settings.CELERY_BROKER_URL).port
    assert port
    server = Broker(tmp_path_factory.mktemp("rabbitmq"), port=port)
    yield server
    app.close()
    server.stop()


@pytest.fixture
def start_worker(broker: Broker, tmp_path: Path) -> Iterator[Callable[[str], Guarded]]:
    """Start `manage.py up`'s worker of a queue, with the tasks of the test."""
    started: list[Guarded] = []
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}

    def start(queue: str) -> Guarded:
        program = processes.worker(queue, queue=queue, env=env)
        argv = ["tests.config.broker_tasks" if word == "config" else word for word in program.argv]
        started.append(Guarded(argv, env=env, log=tmp_path / "worker.log"))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()


def ran(path: Path, times: int) -> Callable[[], bool]:
    """Tell whether it ran so often: more is right too, a broker promises at least once."""
    return lambda: path.exists() and len(path.read_text().splitlines()) >= times


def published(trace: Path, queue: str) -> bool:
    """Publish a task that leaves its trace; False is what messaging.queue leaves to the sweeps."""
    try:
        app.send_task("broker.note", [str(trace)], queue=queue, retry=False)
    except (OperationalError, OSError):
        return False
    return True


def test_a_task_is_taken_again_when_its_worker_is_killed(
    start_worker: Callable[[str], Guarded], tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    app.send_task("broker.linger", [str(trace)])
    first = start_worker("messages")
    assert eventually(ran(trace, 1), seconds=PATIENCE)
    first.kill()
    start_worker("messages")
    assert eventually(ran(trace, 2), seconds=PATIENCE)


def test_tasks_outlive_the_broker_and_its_programs_come_back_to_it(
    broker: Broker, start_worker: Callable[[str], Guarded], tmp_path: Path
) -> None:
    before, after, kept = tmp_path / "before", tmp_path / "after", tmp_path / "kept"
    worker = start_worker("messages")
    assert published(before, "messages")
    assert eventually(ran(before, 1), seconds=PATIENCE)
    assert all(published(kept, "bulk") for _ in range(3))  # nobody takes these yet
    broker.kill_and_start()
    assert eventually(lambda: (health.queue_depths() or {}).get("bulk") == 3, seconds=PATIENCE)
    # What was connected before finds its way too: the one that publishes, and the worker.
    assert eventually(lambda: published(after, "messages"), seconds=PATIENCE)
    assert eventually(ran(after, 1), seconds=PATIENCE)
    assert worker.lives()
    start_worker("bulk")
    assert eventually(ran(kept, 3), seconds=PATIENCE)
