"""PostgreSQL's own programs, of a version that fits the server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.db import connection

from config.backup.errors import BackupError
from config.embedded.binaries import postgres_binary
from config.embedded.errors import LocalError

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


def run(name: str, *arguments: str) -> None:
    """Run one of the programs against the database of this installation.

    Raises BackupError.
    """
    connection.ensure_connection()
    info = connection.connection.info
    # The password goes by the environment: everybody on the machine may read arguments.
    environment = {**os.environ, "PGPASSWORD": info.password}
    command = [str(_program(name)), *arguments, "--dbname", info.dsn]
    done = subprocess.run(  # noqa: S603  # a program of PostgreSQL's, no shell
        command, check=False, capture_output=True, text=True, env=environment
    )
    if done.returncode:
        raise BackupError(f"{name} failed: {done.stderr.strip()[-2000:]}")


def _program(name: str) -> Path:
    """Return the program of the server's version; a newer one reads an older server, too."""
    server = connection.connection.info.server_version // 10_000
    found = {_major(path): path for path in _candidates(name)}
    fitting = sorted(version for version in found if version >= server)
    if not fitting:
        raise BackupError(
            f"{name} of PostgreSQL {server} or newer is not installed here:"
            f" apt-get install postgresql-client-{server}"
        )
    return found[fitting[0]]


def _candidates(name: str) -> Iterator[Path]:
    with suppress(LocalError):
        yield postgres_binary(name)
    yield from Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    if on_path := shutil.which(name):
        yield Path(on_path)


def _major(program: Path) -> int:
    told = subprocess.run(  # noqa: S603  # found where PostgreSQL puts it
        [program, "--version"], check=False, capture_output=True, text=True
    ).stdout
    match = _VERSION.search(told)
    return int(match[1]) if match else 0
