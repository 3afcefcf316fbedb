"""Find and end what an earlier, killed run left behind on a data folder."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from config.embedded.errors import LocalError
from config.embedded.process import MARK

_SERVERS: Final = ("postgres", "initdb", "valkey-server")
_PATIENCE: Final = 20.0
_STEP: Final = 0.1


def end_leftovers(data: Path, *, only_postgres: bool = False) -> int:
    """Stop every process of `data` but ourselves; return how many there were.

    To be called only while holding the folder's lock: nothing of it can be running rightfully.
    """
    told: set[int] = set()
    end = time.monotonic() + _PATIENCE
    while leftovers := dict(_processes_of(data, only_postgres=only_postgres)):
        late = time.monotonic() > end
        for pid, gentle in leftovers.items():
            if late or pid not in told:
                told.add(pid)
                _send(pid, signal.SIGKILL if late else gentle)
        time.sleep(_STEP)
    return len(told)


def _processes_of(data: Path, *, only_postgres: bool) -> Iterator[tuple[int, signal.Signals]]:
    """Yield process ids, each with the signal that ends it in good order."""
    mark = os.fsencode(f"{MARK}={data}")
    folders = ("pg", "pg.new") if only_postgres else ("pg", "pg.new", "valkey")
    homes = {os.fsencode(data / name) for name in folders}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        arguments = _read(entry / "cmdline").split(b"\0")
        if _is_server_in(homes, entry, arguments):
            # SIGINT is PostgreSQL's fast shutdown; a backend would only cancel its query.
            is_postmaster = arguments[0].endswith(b"/postgres")
            yield int(entry.name), signal.SIGINT if is_postmaster else signal.SIGTERM
        elif not only_postgres and mark in _read(entry / "environ").split(b"\0"):
            yield int(entry.name), signal.SIGTERM


def _is_server_in(homes: set[bytes], entry: Path, arguments: list[bytes]) -> bool:
    """Recognise a server by its arguments, a backend (which renames itself) by its folder."""
    program = arguments[0].split(b":")[0].rsplit(b"/", 1)[-1].decode(errors="replace")
    if program not in _SERVERS:
        return False
    if homes.intersection(arguments):
        return True
    try:
        return os.fsencode(os.readlink(entry / "cwd")) in homes
    except OSError:
        return False


def _read(path: Path) -> bytes:
    """Return nothing for a process that is gone or not ours to look into."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        message = f"process {pid} of another user works on this data folder: stop it first"
        raise LocalError(message) from error
