"""Run one process: start it, watch it, read its log, end it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from config.embedded.errors import LocalError
from config.embedded.process import MARK, Process

_LARGE_LOG: Final = 10 * 1024 * 1024
_QUICK_DEATH: Final = 30.0
_LONGEST_PAUSE: Final = 20.0
# Without a shell's PATH (cron, init scripts) util-linux is still found.
SETPRIV: Final = "/usr/bin/setpriv"


class Child:
    """A process with its log file; dies with us even when we are killed (PR_SET_PDEATHSIG)."""

    def __init__(self, process: Process, *, data: Path) -> None:
        self.process = process
        self.log = data / "logs" / f"{process.name}.log"
        self.quick_deaths = 0
        self._mark = str(data)
        self._popen: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._restart_at: float | None = None
        self._rotate_log()
        self._read_up_to = self.log.stat().st_size
        self._log_begin = self._read_up_to

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C must reach only the supervisor."""
        if self.process.prepare is not None:
            self.process.prepare()
        with self.log.open("ab") as log:
            self._popen = self._spawn(log)
        self._started_at = time.monotonic()
        self._restart_at = None

    @property
    def pid(self) -> int | None:
        """Its process id, also after its end; None before the first start."""
        return None if self._popen is None else self._popen.pid

    def exit_code(self) -> int | None:
        """Return how it ended, None while it runs."""
        return None if self._popen is None else self._popen.poll()

    def is_running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def is_ready(self) -> bool:
        """Ask the process's own test whether it does its work by now."""
        return self.is_running() and (self.process.ready is None or self.process.ready())

    def note_death(self) -> float | None:
        """Plan the restart of a process that has just ended; return the pause, None if planned."""
        if self._restart_at is not None:
            return None
        now = time.monotonic()
        quick = now - self._started_at < _QUICK_DEATH
        self.quick_deaths = self.quick_deaths + 1 if quick else 1
        pause = min(0.5 * (1 << (self.quick_deaths - 1)), _LONGEST_PAUSE)
        self._restart_at = now + pause
        return pause

    def is_due(self) -> bool:
        return self._restart_at is not None and time.monotonic() >= self._restart_at

    def send(self, number: signal.Signals) -> None:
        """Signal the process alone; its workers are its own business."""
        if self._popen is not None and self._popen.poll() is None:
            self._popen.send_signal(number)

    def end_workers(self) -> None:
        """Kill what an ended process left in its session."""
        if self._popen is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, signal.SIGKILL)

    def new_lines(self) -> Iterator[str]:
        """Yield the log's lines written since the last call."""
        with self.log.open("rb") as log:
            log.seek(self._read_up_to)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self._read_up_to += len(line)
                yield line.decode(errors="replace").rstrip()

    def last_lines(self, count: int) -> list[str]:
        """Return the end of what this run wrote."""
        with self.log.open("rb") as log:
            log.seek(self._log_begin)
            return log.read()[-20_000:].decode(errors="replace").splitlines()[-count:]

    def _spawn(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        process = self.process
        env = {**(os.environ if process.env is None else process.env), MARK: self._mark}
        try:
            return subprocess.Popen(  # noqa: S603  # argv of our own making
                [*death_follows_ours(process.stop_signal), *process.setpriv, "--", *process.argv],
                env=env,
                cwd=process.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise setpriv_missing() from error

    def _rotate_log(self) -> None:
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LARGE_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch(mode=0o600)


def death_follows_ours(number: signal.Signals) -> list[str]:
    """Return the command prefix that makes the kernel send `number` when we die."""
    return [SETPRIV, "--pdeathsig", number.name.removeprefix("SIG")]


def setpriv_missing() -> LocalError:
    return LocalError(f"{SETPRIV} is missing: install the package util-linux")
