"""The whole product, started as `make run` starts it, and a real browser in front of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHROMIUM = Path("/usr/bin/chromium")
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Addresses of a running portal and its stand-in Bandwidth, and where the mail lies."""

    portal: str
    handset: str
    mail: Path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float) -> None:
    end = time.monotonic() + seconds
    pause = 0.3
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(pause)
    raise AssertionError(f"the portal did not come up:\n{log.read_text()[-3000:]}")


@contextmanager
def started(folder: Path) -> Iterator[Running]:
    """Run the product with its demo, all its data in the folder."""
    port, simulator_port = _free_port(), _free_port()
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BANDWIDTH_", "DJANGO_")) and name not in ("DATA_DIR", "PUBLIC_URL")
    }
    # Empty, not absent: the test run's own servers must not be used.
    env |= {"DATABASE_URL": "", "REDIS_URL": "", "DATA_DIR": str(folder / "data")}
    env |= {"PORT": str(port), "SIMULATOR_PORT": str(simulator_port)}
    portal, handset = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{simulator_port}"
    env |= {"PUBLIC_URL": portal, "BANDWIDTH_MESSAGE_BASE_URL": f"{handset}/api/v2"}
    env |= {"BANDWIDTH_TOKEN_URL": f"{handset}/api/v1/oauth2/token"}
    log = folder / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=REPOSITORY,
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(f"{portal}/health/", process, log, 120)
        _wait_for(handset, process, log, 60)
        end = time.monotonic() + 60
        while "Ctrl-C stops everything" not in log.read_text() and time.monotonic() < end:
            time.sleep(0.2)
        yield Running(portal=portal, handset=handset, mail=folder / "data" / "mail")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Debian's browser."""
    # Imported here: Playwright is not needed where these tests are skipped.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started_browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        yield started_browser
        started_browser.close()
