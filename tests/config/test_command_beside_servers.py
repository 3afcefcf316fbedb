from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.local import redis_url
from tests.config.conftest import REPOSITORY
from tests.config.watching import eventually, processes_of


def argv(data: Path, *command: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "config.embedded",
        "--throwaway",
        "--data",
        str(data),
        "--",
        *command,
    ]


def run(data: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv(data, *command), check=False, capture_output=True, text=True, cwd=REPOSITORY
    )


def test_the_commands_exit_code_is_returned(created: Path) -> None:
    assert run(created, "/bin/sh", "-c", "exit 7").returncode == 7
    assert processes_of(created) == []


def test_the_command_is_led_to_the_servers(created: Path) -> None:
    script = (
        "import os, redis; from config import local;"
        "server = redis.Redis.from_url(local.redis_url(local.data_dir()));"
        "print(server.ping(), repr(os.environ['DATABASE_URL']))"
    )
    assert run(created, sys.executable, "-c", script).stdout == "True ''\n"


def test_nothing_is_started_beside_named_servers(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/portal")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    result = run(data, "/bin/sh", "-c", "echo $REDIS_URL $DATA_DIR")
    assert result.stdout == f"redis://elsewhere {data}\n"
    assert not data.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_stop_ends_command_and_servers_quietly(
    data: Path, number: signal.Signals
) -> None:
    marker = data.with_name("began")
    with subprocess.Popen(
        argv(data, "/bin/sh", "-c", f"touch {marker}; exec sleep 1000"),
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        start_new_session=True,
    ) as process:
        assert eventually(marker.exists)
        os.killpg(process.pid, number)  # as a terminal does
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert errors == "creating the database (once)\n"
    assert processes_of(data) == []
    assert not Path(redis_url(data).removeprefix("unix://").partition("?")[0]).exists()
