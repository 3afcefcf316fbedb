"""RabbitMQ carries the tasks: taken, taken again after a crash, kept over a restart."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from kombu.exceptions import OperationalError

from config import health, processes
from config.celery import app
from tests.config.watching import eventually

pytestmark = pytest.mark.broker

_PORT = 18672
_PATIENCE = 60.0


class Broker:
    """A RabbitMQ whose name, ports and files are nobody else's."""

    def __init__(self, home: Path) -> None:
        base = str(home)
        self._env = {
            **os.environ,
            "HOME": base,
            "RABBITMQ_NODENAME": f"trunkline-{os.getpid()}@localhost",
            "RABBITMQ_CONF_ENV_FILE": f"{base}/none",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{base}/plugins",
            "RABBITMQ_MNESIA_BASE": f"{base}/mnesia",
            "RABBITMQ_LOG_BASE": f"{base}/log",
            "RABBITMQ_PID_FILE": f"{base}/pid",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(_PORT),
            "RABBITMQ_DIST_PORT": str(_PORT + 1),
            "ERL_EPMD_PORT": str(_PORT + 2),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        self._log = home / "out"
        # Or Erlang starts one that outlives the test.
        self._names = self._run([shutil.which("epmd") or "epmd", "-port", str(_PORT + 2)])
        self._server = self._started()

    def kill_and_start(self) -> None:
        """Pull the plug and plug it in again."""
        _end(self._server)
        assert eventually(lambda: not _listens())
        self._server = self._started()

    def stop(self) -> None:
        """End the server and its register of names."""
        _end(self._server)
        _end(self._names)

    def _started(self) -> subprocess.Popen[bytes]:
        server = self._run([os.environ["RABBITMQ"]])
        assert eventually(_listens, seconds=_PATIENCE), self._log.read_text()
        return server

    def _run(self, argv: list[str]) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                argv, env=self._env, stdout=log, stderr=log, start_new_session=True
            )


def _listens() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", _PORT)) == 0


def _end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    assert f":{_PORT}/" in settings.CELERY_BROKER_URL
    server = Broker(tmp_path_factory.mktemp("rabbitmq"))
    yield server
    app.close()
    server.stop()


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start `manage.py up`'s worker of the queue `messages`, with the tasks of the test."""
    started: list[subprocess.Popen[bytes]] = []
    program = processes.worker("messages", queue="messages", env=os.environ)
    argv = ["tests.config.broker_tasks" if word == "config" else word for word in program.argv]

    def start() -> subprocess.Popen[bytes]:
        with (tmp_path / "worker.log").open("ab") as log:
            started.append(subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True))
        return started[-1]

    yield start
    for worker in started:
        if worker.poll() is None:
            _end(worker)


def ran(path: Path, times: int) -> Callable[[], bool]:
    """Tell whether it ran so often: more is right too, a broker promises at least once."""
    return lambda: path.exists() and len(path.read_text().splitlines()) >= times


def test_a_task_is_taken_again_when_its_worker_is_killed(
    broker: Broker, start_worker: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    app.send_task("broker.linger", [str(trace)])
    first = start_worker()
    assert eventually(ran(trace, 1), seconds=_PATIENCE)
    _end(first)
    start_worker()
    assert eventually(ran(trace, 2), seconds=_PATIENCE)


def test_tasks_outlive_the_broker_and_its_programs_come_back_to_it(
    broker: Broker, start_worker: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    for _ in range(3):
        app.send_task("broker.note", [str(trace)], retry=False)
    broker.kill_and_start()
    # Or one more: a worker may end between its task and its word to the broker.
    assert eventually(
        lambda: (health.queue_depths() or {}).get("messages", 0) >= 3, seconds=_PATIENCE
    )
    # What was connected before finds its way too: the one that publishes ...
    assert eventually(lambda: _published(trace), seconds=_PATIENCE)
    worker = start_worker()
    assert eventually(ran(trace, 4), seconds=_PATIENCE)
    # ... and the worker.
    broker.kill_and_start()
    later = tmp_path / "later"
    assert eventually(lambda: _published(later), seconds=_PATIENCE)
    assert eventually(ran(later, 1), seconds=_PATIENCE)
    assert worker.poll() is None


def _published(trace: Path) -> bool:
    try:
        app.send_task("broker.note", [str(trace)], retry=False)
    except (OperationalError, OSError):  # what messaging.queue leaves to the sweeps
        return False
    return True
