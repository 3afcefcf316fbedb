"""Who used how much of the processors, from /proc: the steadiest of all figures."""

from __future__ import annotations

import os

from django.db import connection

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Places in /proc/<pid>/stat after the program's name.
_PARENT = 1
_SESSION = 3
_TIMES = slice(11, 13)
_TIMES_OF_ENDED_CHILDREN = slice(13, 15)
_RESIDENT = 21


def session_of(leader: int) -> list[int]:
    """Return the processes that share a session."""
    return [pid for pid in _all() if _field(pid, _SESSION) == leader]


def cpu_seconds(pid: int) -> float:
    """Return the processor time of one process until now."""
    return sum(map(int, _stat(pid)[_TIMES])) / _TICKS


def resident_mb(pid: int) -> float:
    """Return the memory of one process."""
    return _field(pid, _RESIDENT) * _PAGE / 1e6


def postgres_cpu_seconds() -> float | None:
    """Return the processor time of all of PostgreSQL, or None when it runs elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    if not _is_postgres(pid):
        return None
    server = _field(pid, _PARENT)
    ended = sum(map(int, _stat(server)[_TIMES_OF_ENDED_CHILDREN])) / _TICKS
    running = (cpu_seconds(pid) for pid in _all() if _field(pid, _PARENT) == server)
    return ended + sum(running)


def _all() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _field(pid: int, place: int) -> int:
    fields = _stat(pid)
    return int(fields[place]) if fields else 0


def _is_postgres(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().startswith("postgres")
    except OSError:
        return False


def _stat(pid: int) -> list[str]:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []
