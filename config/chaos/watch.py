"""How long what is stored waits for its message, seen from outside while it happens."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import psycopg

_EVERY = 0.4
_WAITING = """
SELECT id, extract(epoch FROM received_at)::float8 FROM public.providers_webhookevent
WHERE state = 'pending' ORDER BY id LIMIT 5000
"""
_MOST_TOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """An event that was stored then, and routed no later than that."""

    event: int
    stored_at: float
    seconds: float


class Watch(threading.Thread):
    """Looks at the webhook inbox until told to stop."""

    def __init__(self, server: dict[str, Any]) -> None:
        super().__init__(name="watch", daemon=True)
        self.enough = threading.Event()
        self.longest: list[Wait] = []
        self._server = server
        self._waiting: dict[int, float] = {}

    @property
    def worst(self) -> float:
        """Longest wait so far, in seconds."""
        return self.longest[0].seconds if self.longest else 0.0

    def run(self) -> None:
        """Look, and look again after each end of the database."""
        while not self.enough.is_set():
            try:
                with psycopg.connect(**self._server, autocommit=True) as connection:
                    while not self.enough.wait(_EVERY):
                        rows = connection.execute(_WAITING).fetchall()
                        self._note(dict(rows), now=time.time())
            except psycopg.OperationalError:
                self.enough.wait(_EVERY)

    def _note(self, waiting: dict[int, float], *, now: float) -> None:
        gone = self._waiting.keys() - waiting.keys()
        waits = [
            Wait(
                event=key, stored_at=self._waiting[key], seconds=round(now - self._waiting[key], 1)
            )
            for key in gone
        ]
        self._waiting = waiting
        self.longest = sorted([*self.longest, *waits], key=lambda wait: wait.seconds, reverse=True)[
            :_MOST_TOLD
        ]
