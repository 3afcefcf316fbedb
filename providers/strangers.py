"""Looking up addresses that were never seen: anybody may ask for any, so it costs little in all.

The carrier's posts come from few addresses, and behind a proxy from one: no limit may go by the
sender. What goes by is whether an address is familiar, and a familiar one is never limited.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

_AT_ONCE = 2  # of the four threads that look up, see providers.deadline
_PER_SECOND = 50.0
_BURST = 100.0


class TooManyStrangers(Exception):
    """So many unknown addresses are asked for that this one has to wait for another time."""


class Strangers:
    """Addresses that exist, as far as this process knows, and a gate for all others."""

    def __init__(self, load: Callable[[], Iterable[bytes]]) -> None:
        self._load = load
        self._familiar: set[bytes] = set()
        self._is_loaded = False
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._learning = threading.Lock()
        self._lock = threading.Lock()
        self._left = _BURST
        self._filled_at = time.monotonic()

    def greet(self, key: bytes) -> None:
        """Know an address that exists from now on. One that ceases is looked up, no more."""
        self._familiar.add(key)

    def learn(self) -> None:
        """Know all addresses there are, once: else a process that begins in a flood knows none."""
        if self._is_loaded:
            return
        with self._learning:
            if not self._is_loaded:
                self._familiar.update(self._load())
                self._is_loaded = True

    @contextmanager
    def gate(self, key: bytes) -> Iterator[None]:
        """Let a look-up go on. Raises TooManyStrangers."""
        if key in self._familiar or not self._is_loaded:
            yield
            return
        if not self._places.acquire(blocking=False):
            raise TooManyStrangers
        try:
            if not self._has_left():
                raise TooManyStrangers
            yield
        finally:
            self._places.release()

    def _has_left(self) -> bool:
        with self._lock:
            now = time.monotonic()
            self._left = min(_BURST, self._left + (now - self._filled_at) * _PER_SECOND)
            self._filled_at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True
