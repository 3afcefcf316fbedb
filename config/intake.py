"""The intake process: webhooks and nothing else, for where they come by the hundred a second.

An event loop in place of threads, and no more HTTP than a webhook needs: the same answers as the
web process gives, for half of its processor time. Run by `python -m config.intake --port 8010`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import signal

import uvloop

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django  # needs the settings' name

django.setup()

from django.conf import settings  # noqa: E402  # whatever needs the settings

from config.garbage import spare_what_stays  # noqa: E402
from providers.loop_door import LoopDoor  # noqa: E402
from providers.loop_listener import Listener  # noqa: E402

_MOST_FILES = 65536


async def serve(host: str, port: int) -> None:
    """Answer `/webhook/…` and `/webhook/health` until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    door = LoopDoor(patience=settings.WEBHOOK_DEADLINE)
    await Listener(door).serve(host, port, until=stop)
    await door.stop()


def _allow_open_files() -> None:
    """Take what the machine grants: a login shell's limit is below the places there are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m config.intake", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8010)
    options = parser.parse_args()
    _allow_open_files()
    spare_what_stays()
    uvloop.run(serve(options.host, options.port))
