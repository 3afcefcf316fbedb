"""Reading: the pages of a tenant with a million messages, without a network."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

from config.bench.figures import Figure, Goal
from config.bench.run import NotMeasured, Run
from config.bench.servers import PYTHON
from config.local import REPOSITORY

# The figures that a goal is set for, by the pages that they stand for: the slowest counts.
_GROUPS = {
    "inbox_p95_ms": ("Inbox list, p95", ("inbox", "list", "page10", "unread", "failed")),
    "thread_p95_ms": ("Thread, p95", ("thread", "long_thread", "older")),
    "log_p95_ms": ("Message log, p95", ("log",)),
    "search_p95_ms": ("Search, p95", ("search_",)),
    "api_lists_p95_ms": ("API lists, p95", ("api_",)),
}
_GOAL = Goal(at_most=100)


def measure(run: Run) -> list[Figure]:
    """Time each page; the data are made in the first run and kept."""
    seconds = max(1.0, run.part_ends_at - time.monotonic())
    try:
        done = subprocess.run(  # noqa: S603  # our own program
            [
                *[PYTHON, "-m", "config.bench.reading", "--repeats", str(run.repeats)],
                *["--calls", str(run.sized(12, 5)), "--seconds", f"{seconds:.0f}"],
                *["--messages", str(run.sized(1_000_000, 100_000))],
            ],
            env=dict(run.kept_env),
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            check=False,
            timeout=max(1.0, run.seconds_left),
        )
    except subprocess.TimeoutExpired as error:
        raise NotMeasured("no time was left to make the messages and read them") from error
    if done.returncode:
        raise NotMeasured("the pages' program failed, see above")
    pages: dict[str, dict[str, Any]] = json.loads(done.stdout)
    failed = [page["title"] for page in pages.values() if page["status"] != 200]
    if failed:
        raise NotMeasured(f"not shown: {', '.join(failed)}")
    yardstick = tuple(pages.pop("health")["p95_ms"])
    return [
        *_judged(pages, yardstick),
        *(
            Figure(
                key=f"page_{key}_p95_ms",
                title=f"{page['title']}, p95, {page['queries']} queries, {page['cpu']}",
                unit="ms",
                values=tuple(page["p95_ms"]),
                yardstick=yardstick,
                yardstick_title="/health/",
            )
            for key, page in pages.items()
        ),
    ]


def _judged(pages: dict[str, dict[str, Any]], yardstick: tuple[float, ...]) -> list[Figure]:
    figures = []
    for key, (title, names) in _GROUPS.items():
        rows = [page["p95_ms"] for name, page in pages.items() if name.startswith(names)]
        figures.append(
            Figure(
                key=key,
                title=f"{title}, slowest",
                unit="ms",
                goal=_GOAL,
                values=tuple(max(repeat) for repeat in zip(*rows, strict=True)),
                yardstick=yardstick,
                yardstick_title="/health/",
            )
        )
    return figures
