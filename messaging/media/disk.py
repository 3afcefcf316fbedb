"""Files on this machine's disk: whole, or not there."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import Any

from django.core.files.storage import FileSystemStorage


class WholeFiles(FileSystemStorage):
    """Store that leaves nothing of a file for which there was no room.

    Django's own leaves what was written: on a full disk each try takes the little that others may
    have freed, and no row tells whose it is.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._tried = threading.local()

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Choose a name that no file has, and remember it."""
        self._tried.name = available = super().get_available_name(name, max_length=max_length)
        return available

    def _save(self, name: str, content: Any) -> str:
        self._tried.name = name
        try:
            return str(super()._save(name, content))  # type: ignore[misc]  # not in the stubs
        except OSError:
            # Opened for this alone: a file of that name would have led to another name.
            with contextlib.suppress(OSError):
                os.remove(self.path(self._tried.name))
            raise
