"""Places for threads that wait for something slow: whoever finds them taken is told at once."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from types import TracebackType


class AllTaken(Exception):
    """Nobody may wait here now."""


class Places:
    """So many may wait at the same time: `with places:` raises AllTaken."""

    def __init__(self, most: int) -> None:
        # A semaphore costs ten times as much.
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(most):
            self._free.put(None)

    def __enter__(self) -> None:
        try:
            self._free.get_nowait()
        except Empty:
            raise AllTaken from None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._free.put(None)
