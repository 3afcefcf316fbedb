"""Start the servers that nobody named in the environment."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from config.embedded.child import Child
from config.embedded.errors import LocalError
from config.embedded.supervisor import Supervisor
from config.local import run_dir


def start_local_servers(supervisor: Supervisor, *, durable: bool = True) -> list[Child]:
    """Start PostgreSQL unless DATABASE_URL is set, Valkey unless REDIS_URL is; wait for both.

    Returns what was started. The first start creates the database. The server packages are needed
    only here.

    Raises:
        LocalError: a server cannot start.
        StopRequested: somebody lost patience.
    """
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return []
    started: list[Child] = []
    sockets = run_dir(supervisor.data)
    _private_folder(sockets)
    supervisor.at_end(lambda: _remove_empty(sockets))
    if not os.environ.get("DATABASE_URL"):
        started += _start_postgres(supervisor, durable=durable)
    if not os.environ.get("REDIS_URL"):
        from config.embedded.valkey import valkey_process  # noqa: PLC0415  # see above

        started += supervisor.start(valkey_process(supervisor.data))
    return started


def _start_postgres(supervisor: Supervisor, *, durable: bool) -> list[Child]:
    from config.embedded.postgres import Postgres  # noqa: PLC0415  # loads libpq

    postgres = Postgres(supervisor.data, durable=durable)
    if (initdb := postgres.initdb()) is not None:
        supervisor.progress("creating the database (once)")
        supervisor.run(initdb)
        postgres.adopt()
    return supervisor.start(postgres.process())


def _remove_empty(sockets: Path) -> None:
    """Leave nothing in /tmp; the socket of a killed server is no reason to fail."""
    with contextlib.suppress(OSError):
        (sockets / "pg").rmdir()
        sockets.rmdir()


def _private_folder(path: Path) -> None:
    """Create the sockets' folder; in /tmp somebody else may have been first."""
    mode = 0o711 if os.geteuid() == 0 else 0o700
    path.mkdir(mode=mode, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise LocalError(f"{path} is not ours: remove it, or set DATA_DIR to a shorter path")
    path.chmod(mode)
