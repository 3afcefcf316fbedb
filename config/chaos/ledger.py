"""What the portal has promised: kept outside of it, by those it promised to."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

RECEIVED = "message-received"


class Event(NamedTuple):
    """What tells one callback from another."""

    type: str
    message_id: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A customer's text as it left the phone; files by their digests."""

    message_id: str
    slug: str
    ours: str
    customer: str
    text: str
    files: tuple[str, ...] = ()

    @property
    def event(self) -> Event:
        """The callback that brings it."""
        return Event(RECEIVED, self.message_id, self.ours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A text that the API was asked to send; each has words of its own."""

    slug: str
    to: str
    text: str
    message_id: str = ""  # as the API answered; "" = its answer was lost


@dataclass(slots=True)
class Ledger:
    """Everything promised in one run. Its methods may be called from any thread."""

    texts: dict[str, Text] = field(default_factory=dict)
    # When the first 2xx came; None = it was posted, and none has come yet.
    events: dict[Event, float | None] = field(default_factory=dict)
    sends: list[Send] = field(default_factory=list)
    doubtful: list[Send] = field(default_factory=list)
    # Answers that nobody may get, whatever is broken.
    refusals: list[dict[str, Any]] = field(default_factory=list)
    webhook_answers: Counter[str] = field(default_factory=Counter)
    api_answers: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def written(self, text: Text) -> None:
        """Note a text that the carrier has."""
        with self._lock:
            self.texts[text.message_id] = text
            self.events.setdefault(text.event, None)

    def posted(self, attempt: dict[str, Any]) -> None:
        """Note how the portal answered one post of the stand-in's."""
        event = Event(attempt["type"], attempt["message_id"], attempt["to"])
        status = int(attempt["status"])
        with self._lock:
            self.webhook_answers[str(status or "none")] += 1
            if 200 <= status < 300:
                if self.events.get(event) is None:
                    self.events[event] = time.time()
                return
            self.events.setdefault(event, None)
            if 300 <= status < 500:
                self.refusals.append({"at": attempt["at"], "status": status, "event": event})

    def asked(self, send: Send, answer: str) -> None:
        """Note a request to the API: accepted with its message, or nobody knows."""
        with self._lock:
            self.api_answers[answer] += 1
            (self.sends if send.message_id else self.doubtful).append(send)

    def told(self, answer: str, **what: Any) -> None:
        """Note another answer of the API; a refusal of what is right is told in full."""
        with self._lock:
            self.api_answers[answer] += 1
            if what:
                self.refusals.append({"at": time.time(), "status": answer, **what})

    def unanswered(self) -> list[Event]:
        """Return the callbacks that no 2xx came for."""
        with self._lock:
            return [event for event, at in self.events.items() if at is None]
