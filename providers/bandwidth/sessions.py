"""Keep-alive connections to Bandwidth, shared by the threads of a process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.auth import AuthBase
from urllib3.util import parse_url

from providers.outgoing import OutgoingAdapter

MOST_IDLE = 512
# Its names lead to public addresses only; others are where an operator says that Bandwidth is.
_BANDWIDTH = ".bandwidth.com"


class _Adapter(OutgoingAdapter):
    """Asks urllib3 only once for the connections to an address that is reached directly."""

    _last: tuple[tuple[object, ...], Any] | None = None

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """Return the connections to the request's server."""
        if proxies:
            return super().get_connection_with_tls_context(request, verify, proxies, cert)
        url = request.url or ""
        key = (url[: url.find("/", len("https://"))], verify, cert)
        if self._last is None or self._last[0] != key:
            found = super().get_connection_with_tls_context(request, verify, proxies, cert)
            self._last = key, found
        return self._last[1]

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Return what the request line names."""
        return super().request_url(request, proxies) if proxies else request.path_url

    def close(self) -> None:
        """Close all connections; the next request makes new ones."""
        self._last = None
        super().close()


class Session(requests.Session):
    """A session that prepares what all requests to an address have in common once."""

    _last: tuple[tuple[object, ...], requests.PreparedRequest] | None = None

    def ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes | None,
        auth: AuthBase,
        timeout: tuple[float, float],
    ) -> requests.Response:
        """Make one request; its answer is not read yet, and no redirect is followed."""
        request = self._prepare(method, url, params=params, headers=headers)
        request.prepare_body(body, None)
        request.prepare_auth(auth, url)
        surroundings = self.merge_environment_settings(url, {}, True, None, None)
        return self.send(request, timeout=timeout, allow_redirects=False, **surroundings)

    def _prepare(
        self, method: str, url: str, *, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> requests.PreparedRequest:
        key = (method, url, *params.items(), "", *headers.items())
        if self._last is None or self._last[0] != key:
            # Signed each time, and never by what a .netrc file says.
            request = requests.Request(
                method, url, params=dict(params), headers=dict(headers), auth=_unsigned
            )
            self._last = key, self.prepare_request(request)
        return self._last[1].copy()


class Sessions:
    """Idle keep-alive sessions of this process, by account; each is one request's at a time.

    The one used last is taken first, so that there are no more than requests at once need.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start without any, the lock included: a forked worker has its parent's."""
        self._guard = threading.Lock()
        self._idle: OrderedDict[Hashable, list[tuple[Session, float]]] = OrderedDict()
        self._count = 0

    @contextmanager
    def one(self, account_key: Hashable, url: str, *, idle_limit: float) -> Iterator[Session]:
        """Take a session of the account for the length of the block, none idle for longer."""
        session = self._take(account_key, idle_limit) or _new_session(url)
        try:
            yield session
        finally:
            self._put_back(account_key, session)

    def _take(self, account_key: Hashable, idle_limit: float) -> Session | None:
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

    def _put_back(self, account_key: Hashable, session: Session) -> None:
        oldest: list[Session] = []
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


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _is_bandwidth(url: str) -> bool:
    try:
        host = parse_url(url).host or ""
    except ValueError:
        return True  # the request will say what is wrong with the address
    return host.lower().rstrip(".").endswith(_BANDWIDTH)


def _new_session(url: str) -> Session:
    session = Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(public_only=_is_bandwidth(url)))
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
