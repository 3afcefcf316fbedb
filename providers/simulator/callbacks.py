"""Posting callbacks in Bandwidth's manner: unsigned first, signed when asked, again on failure."""

from __future__ import annotations

import heapq
import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import requests

from providers.simulator.behaviour import Behaviour
from providers.simulator.settings import SimulatedAccount, SimulatorSettings

LOG_KEPT = 200
POSTERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One event on its way to an account's webhook."""

    account: SimulatedAccount
    event: dict[str, Any]
    attempt: int = 1


class Callbacks:
    """Schedule of callbacks, and the log of what each was answered."""

    def __init__(self, settings: SimulatorSettings, behaviour: Behaviour) -> None:
        self._settings = settings
        self._behaviour = behaviour
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._is_stopped = False
        self._pool = ThreadPoolExecutor(POSTERS, thread_name_prefix="callback")
        self._local = threading.local()
        self._log: deque[dict[str, Any]] = deque(maxlen=LOG_KEPT)
        # Told of each attempt, for who must know of all: the log forgets.
        self.listener: Callable[[dict[str, Any]], None] = lambda _: None
        self._clock = threading.Thread(target=self._run, name="callbacks", daemon=True)
        self._clock.start()

    @property
    def log(self) -> list[dict[str, Any]]:
        """What happened to each attempt, oldest first."""
        with self._wake:
            return list(self._log)

    def after(self, delay: float, action: Callable[[], None]) -> None:
        """Run an action later, beside the requests."""
        with self._wake:
            heapq.heappush(self._heap, (time.monotonic() + delay, next(self._order), action))
            self._wake.notify()

    def post(self, callback: Callback) -> None:
        """Post now, twice if duplicates are asked for."""
        for _ in range(2 if self._behaviour["duplicate"] else 1):
            self.after(0, lambda: self._attempt(callback))

    def stop(self) -> None:
        """Drop what is still scheduled."""
        with self._wake:
            self._is_stopped = True
            self._wake.notify()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._is_stopped and not self._is_due():
                    self._wake.wait(self._pause())
                if self._is_stopped:
                    return
                _, _, action = heapq.heappop(self._heap)
            try:
                self._pool.submit(action)
            except RuntimeError:  # stopped in between
                return

    def _is_due(self) -> bool:
        return bool(self._heap) and self._heap[0][0] <= time.monotonic()

    def _pause(self) -> float | None:
        return max(self._heap[0][0] - time.monotonic(), 0) if self._heap else None

    def _attempt(self, callback: Callback) -> None:
        if not callback.account.webhook_url:
            self._note(callback, status=0, milliseconds=0, outcome="no webhook URL")
            return
        started = time.monotonic()
        status, is_challenged = self._deliver(callback)
        milliseconds = round((time.monotonic() - started) * 1000)
        is_taken, is_lost = 200 <= status < 300, status == 401 and not is_challenged
        delays = self._settings.retry_delays[callback.attempt - 1 :]
        if is_taken:
            outcome = "taken"
        elif is_lost:
            outcome = "lost: 401 without a Basic challenge"
        else:
            outcome = "will be repeated" if delays else "given up"
        self._note(callback, status=status, milliseconds=milliseconds, outcome=outcome)
        if delays and not is_taken and not is_lost:
            again = replace(callback, attempt=callback.attempt + 1)
            self.after(delays[0], lambda: self._attempt(again))

    def _deliver(self, callback: Callback) -> tuple[int, bool]:
        """Post unsigned, then signed if challenged; return the last status (0 = no answer)."""
        account = callback.account
        try:
            first = self._send(callback, auth=None)
            challenge = first.headers.get("WWW-Authenticate", "").lower()
            is_challenged = first.status_code == 401 and challenge.startswith("basic")
            if not is_challenged or not account.webhook_username:
                return first.status_code, is_challenged
            pair = (account.webhook_username.encode(), account.webhook_password.encode())
            return self._send(callback, auth=pair).status_code, is_challenged
        except requests.RequestException:
            return 0, False

    def _send(self, callback: Callback, *, auth: tuple[bytes, bytes] | None) -> requests.Response:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        response: requests.Response = self._local.session.post(
            callback.account.webhook_url,
            data=json.dumps([callback.event]).encode(),
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": "BandwidthAPI/v2",
            },
            auth=auth,
            timeout=self._settings.callback_timeout,
            allow_redirects=False,
        )
        return response

    def _note(self, callback: Callback, *, status: int, milliseconds: int, outcome: str) -> None:
        event = callback.event
        entry = {
            "at": datetime.now(UTC).isoformat(),
            "account_id": callback.account.account_id,
            "type": event["type"],
            "message_id": event["message"]["id"],
            "to": event["to"],
            "attempt": callback.attempt,
            "status": status,
            "milliseconds": milliseconds,
            "outcome": outcome,
        }
        with self._wake:
            self._log.append(entry)
        self.listener(entry)
