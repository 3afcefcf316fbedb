"""A disk for the files that can be filled: a small tmpfs, or a limit on the size of files.

Mounting takes root. Without it the programs get a limit (RLIMIT_FSIZE) below any picture's size,
which the kernel refuses just as it refuses to write to a full disk, with another number.
"""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

_SIZE = 48 * 1024 * 1024
_SMALLEST_FILE = 4096
_BALLAST = "ballast"
_BLOCK = bytes(1024 * 1024)


class Disk(Protocol):
    """Where media are kept, while it can run out of room."""

    name: str
    is_full: bool

    def fill(self) -> None:
        """Leave no room."""

    def free(self) -> None:
        """Give the room back."""

    def began(self, pid: int) -> None:
        """Hear of a program that was started."""


class SmallDisk:
    """A tmpfs of its own."""

    name = f"tmpfs of {_SIZE // 1024 // 1024} MB"

    def __init__(self, folder: Path) -> None:
        self.is_full = False
        self._ballast = folder / _BALLAST

    def fill(self) -> None:
        """Write until there is no room, to the last byte."""
        self.is_full = True
        with contextlib.suppress(OSError), self._ballast.open("ab", buffering=0) as file:
            while file.write(_BLOCK):
                pass

    def free(self) -> None:
        """Take the ballast away."""
        self._ballast.unlink(missing_ok=True)
        self.is_full = False

    def began(self, pid: int) -> None:
        """Do nothing: a full disk is everybody's."""


class LimitedFiles:
    """A limit on those programs that write files."""

    name = "limit on the size of files"

    def __init__(self, writers: Callable[[], Iterable[int]]) -> None:
        self.is_full = False
        self._writers = writers

    def fill(self) -> None:
        """Refuse what is larger than a few KB."""
        self.is_full = True
        self._limit(_SMALLEST_FILE)

    def free(self) -> None:
        """Lift the limit."""
        self._limit(resource.RLIM_INFINITY)
        self.is_full = False

    def began(self, pid: int) -> None:
        """Put the limit on a newcomer, too."""
        if self.is_full:
            _set_limit(pid, _SMALLEST_FILE)

    def _limit(self, size: int) -> None:
        for pid in self._writers():
            _set_limit(pid, size)


@contextmanager
def small_disk(folder: Path, may_mount: bool) -> Iterator[Disk | None]:  # noqa: FBT001
    """Mount a small disk there for the length of the block; None = this machine does not let us."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _unmount(folder)
    options = f"size={_SIZE},mode=0700"
    is_mounted = (
        may_mount
        and os.geteuid() == 0
        and _run("mount", "-t", "tmpfs", "-o", options, "trunkline-chaos", str(folder))
    )
    try:
        yield SmallDisk(folder) if is_mounted else None
    finally:
        _unmount(folder)


def _unmount(folder: Path) -> None:
    """Unmount ours, or what a killed run left there."""
    if os.path.ismount(folder):
        _run("umount", "-l", str(folder))


def _run(*argv: str) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return subprocess.run(argv, check=False, capture_output=True).returncode == 0  # noqa: S603
    return False


def _set_limit(pid: int, size: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (min(size, most) if most >= 0 else size, most))
