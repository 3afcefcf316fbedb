"""Starting what a part needs and ending it, whatever happens to us."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from config import processes
from config.bench import cores
from config.bench.run import NotMeasured, Run
from config.embedded.child import death_follows_ours
from config.embedded.process import MARK
from config.local import REPOSITORY

PYTHON = sys.executable
_WEB = "config.wsgi:application"
_READY_WITHIN = 60.0
_PATIENCE = 10.0
# Below what the kernel gives to outgoing connections, of which a bench makes thousands.
_PORTS = range(18700, 32000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running program and all that it started: they share a session."""

    name: str
    pid: int
    port: int = 0

    @property
    def memory_mb(self) -> float:
        """Resident memory of all its processes."""
        return sum(map(cores.resident_mb, cores.session_of(self.pid)))

    @property
    def largest_mb(self) -> float:
        """Resident memory of its largest process: of a web server, the worker."""
        return max(map(cores.resident_mb, cores.session_of(self.pid)), default=0.0)

    @property
    def cpu_seconds(self) -> float:
        """Processor time of all its processes until now."""
        return sum(map(cores.cpu_seconds, cores.session_of(self.pid)))


@contextmanager
def started(
    run: Run,
    name: str,
    argv: Sequence[str],
    *,
    port: int = 0,
    ready: Callable[[], bool] | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run a program for the length of the block.

    Raises NotMeasured, with the end of its log, when it does not come up.
    """
    log = run.data / "logs" / f"bench-{name}.log"
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # argv of our own making
            [*death_follows_ours(signal.SIGTERM), "--", *argv],
            env={**run.env, **(env or {}), MARK: str(run.data)},
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + _READY_WITHIN
        while ready is not None and not ready():
            if process.poll() is not None or time.monotonic() > until:
                tail = log.read_text(errors="replace")[-600:].strip()
                raise NotMeasured(f"{name} did not start: {tail}")
            time.sleep(0.05)
        yield Server(name=name, pid=process.pid, port=port)
    finally:
        _end(process)


def web(
    run: Run,
    name: str,
    target: str = _WEB,
    *,
    env: Mapping[str, str] | None = None,
) -> contextlib.AbstractContextManager[Server]:
    """One web process as the portal starts it, with the 32 threads of one for webhooks."""
    port = free_port()
    surroundings = {**run.env, **(env or {}), "WEB_THREADS": "32"}
    process = processes.web(host="127.0.0.1", port=port, env=surroundings)
    argv = [target if word == _WEB else word for word in process.argv]
    return started(run, name, argv, port=port, ready=lambda: listens(port), env=surroundings)


def intake(run: Run) -> contextlib.AbstractContextManager[Server]:
    """The process for webhooks alone."""
    port = free_port()
    process = processes.intake(host="127.0.0.1", port=port, env=run.env)
    return started(run, "intake", process.argv, port=port, ready=process.ready)


def events(run: Run) -> contextlib.AbstractContextManager[Server]:
    """The process of live hints."""
    port = free_port()
    process = processes.events(host="127.0.0.1", port=port, env=run.env)
    return started(run, "events", process.argv, port=port, ready=process.ready)


def worker(
    run: Run, *, env: Mapping[str, str] | None = None
) -> contextlib.AbstractContextManager[Server]:
    """The worker of the queue in which messages are."""
    surroundings = {**run.env, **(env or {})}
    process = processes.worker("bench", queue="messages", env=surroundings)
    return started(run, "worker", process.argv, env=surroundings)


def free_port() -> int:
    """Find a port that nobody listens on."""
    # Not the first one: a bench beside this one may be about to take it, and Granian shares ports.
    for port in random.sample(_PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise NotMeasured("no free port on this machine")


def listens(port: int) -> bool:
    """Tell whether somebody takes connections there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
