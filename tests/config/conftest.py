from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.embedded.leftovers import end_leftovers

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_servers_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """Give an unused data folder; nothing that was started on it survives the test."""
    folder = tmp_path / "data"
    yield folder
    end_leftovers(folder)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create a database once, for all tests of what comes after."""
    folder = tmp_path_factory.mktemp("created") / "data"
    subprocess.run(
        [sys.executable, "-m", "config.embedded", "--data", str(folder), "--", "/bin/true"],
        cwd=REPOSITORY,
        env={**os.environ, "DATABASE_URL": "", "REDIS_URL": ""},
        check=True,
        capture_output=True,
    )
    return folder / "pg"


@pytest.fixture
def created(data: Path, cluster: Path) -> Path:
    """Give a data folder that has its database already, as after a first run."""
    data.mkdir()
    subprocess.run(["/bin/cp", "-a", str(cluster), str(data / "pg")], check=True)
    return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """A supervisor in a process of its own."""

    process: subprocess.Popen[str]

    def wait_for(self, line: str) -> list[str]:
        """Return the lines up to and with `line`."""
        assert self.process.stdout is not None
        seen: list[str] = []
        for printed in self.process.stdout:
            seen.append(printed.rstrip())
            if seen[-1] == line:
                return seen
        raise AssertionError(f"ended with {self.process.wait()} after {seen}")

    def end(self, number: signal.Signals) -> int:
        """Signal the supervisor alone and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture
def start_portal(data: Path) -> Iterator[Callable[[], Portal]]:
    started: list[subprocess.Popen[str]] = []

    def start() -> Portal:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.config.portal", str(data)],
                cwd=REPOSITORY,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return Portal(process=started[-1])

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
