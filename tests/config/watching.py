"""See what a test left running, and wait for what comes soon."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


def processes_of(folder: Path) -> list[int]:
    """Return the processes whose arguments or environment name the folder, zombies aside."""
    name = os.fsencode(folder)
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                known = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if name in known:
                found.append(int(entry.name))
    return found


def eventually(true: Callable[[], bool], *, seconds: float = 15.0) -> bool:
    """Wait until it is so; return whether it ever was."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
