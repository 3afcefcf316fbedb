"""Take Ctrl-C, SIGTERM and a closed terminal as requests, acted upon only at safe points."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType
from typing import Final, Self

from config.embedded.errors import StopRequested

_STEP: Final = 0.1


class StopSignals:
    """Count the requests to stop while the `with` block runs.

    A handler that raised could strike between a fork and its note: the child would be lost.
    """

    def __init__(self) -> None:
        self.received = 0
        self._previous: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                # nohup means: go on when the terminal closes.
                if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                    continue
                self._previous[number] = signal.signal(number, self._count)
        return self

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._previous.clear()

    def check(self) -> None:
        """Raise StopRequested once a signal has come."""
        if self.received:
            raise StopRequested

    def sleep(self, seconds: float) -> None:
        """Pause; cut short by StopRequested."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, _STEP))
        self.check()

    def _count(self, _number: int, _frame: FrameType | None) -> None:
        self.received += 1
