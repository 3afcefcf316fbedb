"""The programs that make up a running portal, as `manage.py up` and the README start them."""

from __future__ import annotations

import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from config.embedded import Process

_PYTHON = sys.executable


def web(*, host: str, port: int, env: Mapping[str, str]) -> Process:
    """Portal, API and webhooks."""
    return Process(
        name="web",
        argv=[
            *_granian("wsgi", "config.wsgi:application", host=host, port=port),
            "--blocking-threads",
            env.get("WEB_THREADS", "16"),
        ],
        env=env,
        ready=lambda: _answers(f"http://127.0.0.1:{port}/health/"),
        patience=15,
    )


def intake(*, host: str, port: int, env: Mapping[str, str]) -> Process:
    """Webhooks alone, where they come by the hundred a second."""
    return Process(
        name="intake",
        argv=[
            *[_PYTHON, "-m", "config.intake"],
            *["--host", host, "--port", str(port)],
        ],
        env=env,
        ready=lambda: _answers(f"http://127.0.0.1:{port}/webhook/health"),
        patience=15,
    )


def events(*, host: str, port: int, env: Mapping[str, str]) -> Process:
    """Server-sent hints to open pages."""
    return Process(
        name="events",
        argv=[
            *_granian("asgi", "config.events:application", host=host, port=port),
            # Each open page is a request, and Granian serves no more at a time than its backlog is
            # long unless told otherwise: 1,024.
            *["--backlog", "2048", "--backpressure", "10000"],
        ],
        env=env,
        ready=lambda: _answers(f"http://127.0.0.1:{port}/events/health"),
        patience=5,
    )


def worker(name: str, *, queue: str, env: Mapping[str, str]) -> Process:
    """Celery worker of one queue."""
    return Process(
        name=name,
        argv=[
            *[_PYTHON, "-m", "celery", "-A", "config", "worker", "-Q", queue, "-n", f"{name}@%h"],
            # Threads: the work is waiting for PostgreSQL and carriers, and one process is small.
            *["-P", "threads", "-c", env.get("WORKER_THREADS", "8"), "-l", "WARNING"],
            *["--without-gossip", "--without-mingle", "--without-heartbeat"],
        ],
        env=env,
        patience=20,
    )


def beat(*, data: Path, env: Mapping[str, str]) -> Process:
    """Celery beat: rings the sweeps."""
    return Process(
        name="beat",
        argv=[
            *[_PYTHON, "-m", "celery", "-A", "config", "beat", "-l", "WARNING"],
            *["-s", str(data / "beat-schedule"), "--pidfile", ""],
        ],
        env=env,
        patience=5,
    )


def simulator(*, host: str, port: int, env: Mapping[str, str]) -> Process:
    """The stand-in Bandwidth with its handset page."""
    return Process(
        name="simulator",
        argv=[
            *[_PYTHON, "manage.py", "simulate_bandwidth"],
            *["--host", host, "--port", str(port)],
        ],
        env=env,
        ready=lambda: _answers(f"http://127.0.0.1:{port}/"),
        stop_signal=signal.SIGTERM,
        patience=5,
    )


def _granian(interface: str, target: str, *, host: str, port: int) -> list[str]:
    return [
        *[_PYTHON, "-m", "granian", "--interface", interface, target],
        *["--host", host, "--port", str(port), "--workers", "1", "--no-ws"],
        *["--log-level", "warning", "--workers-kill-timeout", "5"],
        # A client that drips its headers keeps one of a thousand places.
        *["--http1-header-read-timeout", "10000"],
    ]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310  # our own address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
