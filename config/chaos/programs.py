"""The programs of a portal, to be killed and started again.

The supervisor of `manage.py up` would give up on programs that end so often, so this starts them
again by itself, in the same way.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import psycopg

from config import processes
from config.bench import cores
from config.chaos.plan import Kill, Strike
from config.embedded import Supervisor
from config.embedded.child import Child
from config.local import database_config

_STEP = 0.05
# Two, each for half of the companies: one alone would be away for most of a run.
_WEB = ("web", "web-2")
# What takes webhooks: some companies' by the web process, the others' by one for nothing else.
_DOORS = (*_WEB, "intake")
_ONE: Mapping[Kill, str] = {
    Kill.WORKER: "worker",
    Kill.OTHER_WORKER: "worker-2",
    Kill.SLOW_WORKER: "worker-slow",
    Kill.BEAT: "beat",
    Kill.VALKEY: "valkey",
    Kill.VALKEY_WITH_DATA: "valkey",
    Kill.POSTGRES: "postgres",
}
_BACKENDS = """
SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


class Programs:
    """Everything that runs for the portal. To be used from one thread, as the supervisor is."""

    def __init__(
        self,
        supervisor: Supervisor,
        servers: Iterable[Child],
        *,
        env: Mapping[str, str],
        ports: Sequence[int],
        intake_port: int,
    ) -> None:
        self._supervisor = supervisor
        self._data = supervisor.data
        self._children = {child.process.name: child for child in servers}
        self._env = env
        self._ports = ports
        self._intake_port = intake_port
        self._away_until: dict[str, float] = {}
        self.on_start: Callable[[int], None] = lambda _: None

    @property
    def portals(self) -> list[str]:
        """Addresses of the web processes."""
        return [f"http://127.0.0.1:{port}" for port in self._ports]

    @property
    def doors(self) -> list[str]:
        """Addresses that take webhooks."""
        return [f"http://127.0.0.1:{port}" for port in (*self._ports, self._intake_port)]

    def start_portal(self) -> None:
        """Start all but the servers, and wait until they do their work."""
        group = self._supervisor.launch(
            *(
                replace(processes.web(host="127.0.0.1", port=port, env=self._env), name=name)
                for name, port in zip(_WEB, self._ports, strict=True)
            ),
            processes.intake(host="127.0.0.1", port=self._intake_port, env=self._env),
            processes.worker("worker", queue="messages", env=self._env),
            processes.worker("worker-2", queue="messages", env=self._env),
            processes.worker("worker-slow", queue="slow,bulk", env=self._env),
            processes.beat(data=self._data, env=self._env),
        )
        self._supervisor.await_ready(group)
        self._children |= {child.process.name: child for child in group}

    def strike(self, strike: Strike, random: Random) -> bool:
        """Kill what is meant; False = it was not there."""
        match strike.kill:
            case Kill.EVERYTHING:
                for name in self._children:
                    self._kill(name, away=strike.away)
                return True
            case Kill.WEB_WORKER:
                return self._kill_web_worker(random.choice(_DOORS), away=strike.away)
            case Kill.WEB_SERVER:
                return self._kill(random.choice(_DOORS), away=strike.away)
            case Kill.CONNECTION:
                return self._kill_connection(random)
            case kill:
                is_hit = self._kill(_ONE[kill], away=strike.away)
                if is_hit and kill is Kill.VALKEY_WITH_DATA:
                    _wait_for_end(self._children["valkey"])
                    _empty(self._data / "valkey")
                return is_hit

    def revive(self) -> None:
        """Start again what has ended and been away for long enough."""
        now = time.monotonic()
        for name, child in self._children.items():
            if child.is_running():
                continue
            # One that ended by another's death, or by itself, comes back as quickly as may be.
            if now >= self._away_until.setdefault(name, now + 0.5):
                del self._away_until[name]
                child.end_workers()
                child.start()
                if child.pid is not None:
                    self.on_start(child.pid)

    def are_ready(self) -> bool:
        """Tell whether all of them do their work."""
        return all(child.is_ready() for child in self._children.values())

    def writers(self) -> list[int]:
        """Return the processes that write files."""
        names = (*_WEB, "worker", "worker-2", "worker-slow")
        leaders = [self._children[name].pid for name in names if name in self._children]
        return [pid for leader in leaders if leader for pid in cores.session_of(leader)]

    def log(self, name: str) -> Path:
        """Return where a program's words are."""
        return self._children[name].log

    def _kill(self, name: str, *, away: float) -> bool:
        child = self._children[name]
        if not child.is_running():
            return False
        child.send(signal.SIGKILL)
        self._away_until[name] = time.monotonic() + away
        return True

    def _kill_web_worker(self, name: str, *, away: float) -> bool:
        """Kill the process that answers, and leave the one that started it alone if there is."""
        child = self._children[name]
        if child.pid is None or not child.is_running():
            return False
        leader = child.pid
        workers = [pid for pid in cores.session_of(leader) if pid != leader] or [leader]
        self._away_until[name] = time.monotonic() + away
        return _kill(max(workers, key=cores.resident_mb))

    def _kill_connection(self, random: Random) -> bool:
        """Kill one process of PostgreSQL, which then takes all others down and recovers."""
        server = database_config(self._data)
        try:
            with psycopg.connect(
                host=server["HOST"],
                port=server["PORT"],
                user=server["USER"],
                dbname=server["NAME"],
                connect_timeout=2,
            ) as connection:
                pids = sorted(pid for (pid,) in connection.execute(_BACKENDS))
        except psycopg.OperationalError:
            return False
        return bool(pids) and _kill(random.choice(pids))


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _wait_for_end(child: Child) -> None:
    while child.is_running():
        time.sleep(_STEP)


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            with contextlib.suppress(FileNotFoundError):
                entry.unlink()
