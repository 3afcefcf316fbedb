"""Keep-alive connections to Bandwidth, shared by the threads of a process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy

import requests

MOST_IDLE = 512


class Sessions:
    """Idle keep-alive sessions of this process, by account; each is one request's at a time.

    The one used last is taken first, so that there are no more than requests at once need.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start without any, the lock included: a forked worker has its parent's."""
        self._guard = threading.Lock()
        self._idle: OrderedDict[Hashable, list[tuple[requests.Session, float]]] = OrderedDict()
        self._count = 0

    @contextmanager
    def one(
        self, account_key: Hashable, url: str, *, idle_limit: float
    ) -> Iterator[requests.Session]:
        """Take a session of the account for the length of the block, none idle for longer."""
        session = self._take(account_key, idle_limit) or _new_session(url)
        try:
            yield session
        finally:
            self._put_back(account_key, session)

    def _take(self, account_key: Hashable, idle_limit: float) -> requests.Session | None:
        now = time.monotonic()
        with self._guard:
            idle = self._idle.get(account_key, [])
            session, used_at = idle.pop() if idle else (None, now)
            stale = idle if now - used_at > idle_limit else []  # older still, all of them
            closed = [each for each, _ in stale]
            self._count -= len(closed) + bool(session)
            if closed or not idle:
                self._idle.pop(account_key, None)
        for each in closed:
            each.close()
        if session is not None and now - used_at > idle_limit:
            session.close()  # and it connects anew
        return session

    def _put_back(self, account_key: Hashable, session: requests.Session) -> None:
        oldest: list[requests.Session] = []
        with self._guard:
            self._idle.setdefault(account_key, []).append((session, time.monotonic()))
            self._idle.move_to_end(account_key)
            self._count += 1
            if self._count > MOST_IDLE:
                _, idle = self._idle.popitem(last=False)
                self._count -= len(idle)
                oldest = [each for each, _ in idle]
        for each in oldest:
            each.close()


def _new_session(url: str) -> requests.Session:
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers["User-Agent"] = "Trunkline"
    # What the environment says of proxies and certificates is read once, not at each request.
    try:
        found = session.merge_environment_settings(url, {}, None, None, None)
    except ValueError:
        return session  # the request will say what is wrong with the address
    session.proxies, session.verify, session.cert = (
        found["proxies"],
        found["verify"],
        found["cert"],
    )
    session.trust_env = False
    return session
