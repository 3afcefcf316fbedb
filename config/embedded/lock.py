"""Let one supervisor at a time own a data folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from config.embedded.errors import AlreadyRunning, LocalError


class DataFolder:
    """Create and hold the data folder; the kernel lets go of it however we end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = -1

    def __enter__(self) -> Self:
        # As root, PostgreSQL's own user must be able to walk through.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        try:
            self.path.mkdir(mode=mode, parents=True, exist_ok=True)
            self._descriptor = os.open(self.path / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            message = f"cannot write in {self.path}, set DATA_DIR to a folder of yours: {error}"
            raise LocalError(message) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise self._refusal() from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        return self

    def __exit__(self, *_exception: object) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def _refusal(self) -> AlreadyRunning:
        holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip()
        os.close(self._descriptor)
        return AlreadyRunning(
            f"already running on {self.path} (process {holder or 'unknown'}): "
            "stop it first or set DATA_DIR to another folder"
        )
