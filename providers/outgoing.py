"""What every request of ours is held to: how long it may take in all, and where it may lead.

A library's time-out is for one read; who sends a byte now and then never meets it. And a name may
lead elsewhere at the second look: what counts is where the connection leads, before anything is
sent by it.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

# Gateways from IPv6 lead on to the IPv4 address that is written in these.
_NAT64 = IPv6Network("64:ff9b::/96")
# Azure tells its machines secrets at an address that reads like anybody's.
_SECRETS_OF_CLOUDS = {IPv4Address("168.63.129.16")}
_CHUNK = 64 * 1024

_until: ContextVar[float | None] = ContextVar("until", default=None)


@contextmanager
def time_limit(deadline: float) -> Iterator[None]:
    """End what this thread sends and reads inside the block at a time of the monotonic clock."""
    token = _until.set(deadline)
    try:
        yield
    finally:
        _until.reset(token)


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the open internet's: nobody's inside, no cloud's own."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        ip = _inner(ip) or ip
    return ip.is_global and not ip.is_multicast and ip not in _SECRETS_OF_CLOUDS


def _inner(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour


def _seconds_left() -> float | None:
    until = _until.get()
    if until is None:
        return None
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("too slow in all")
    return left


def _shorten(sock: socket.socket) -> None:
    """Let the next operation take no longer than there is time."""
    left = _seconds_left()
    if left is None:
        return
    usual = sock.gettimeout()
    if usual is None or left < usual:
        sock.settimeout(left)


class _TimedReader(io.RawIOBase):
    """What comes in by a socket, while there is time."""

    def __init__(self, raw: Any, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        _shorten(self._sock)
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """Answer whose headers, chunks and trailers all count towards the time limit."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        fp: Any = self.fp
        self.fp = io.BufferedReader(_TimedReader(fp.detach(), sock))


class _Timed(HTTPConnection):
    response_class = _TimedResponse

    def send(self, data: Any) -> None:
        """Send a long body in parts: who reads none of it holds up nobody for ever."""
        if not isinstance(data, bytes) or len(data) <= _CHUNK:
            super().send(data)
            return
        view = memoryview(data)
        for start in range(0, len(data), _CHUNK):
            _shorten(self.sock)
            super().send(view[start : start + _CHUNK])


class _Checked(_Timed):
    """Hangs up before it has said anything where the other end is not public."""

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        try:
            if is_public(sock.getpeername()[0]):
                return sock
            reason = f"{self.host} leads into a private network"
        except OSError as error:
            reason = f"Failed to establish a new connection: {error}"
        sock.close()
        raise NewConnectionError(self, reason)


class _TimedTLS(_Timed, HTTPSConnection):
    pass


class _CheckedTLS(_Checked, HTTPSConnection):
    pass


class _TimedPool(HTTPConnectionPool):
    ConnectionCls = _Timed


class _TimedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTLS


class _CheckedPool(HTTPConnectionPool):
    ConnectionCls = _Checked


class _CheckedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedTLS


_TIMED = {"http": _TimedPool, "https": _TimedTLSPool}
_CHECKED = {"http": _CheckedPool, "https": _CheckedTLSPool}


class OutgoingAdapter(HTTPAdapter):
    """Connections that keep the time limit and, where `public_only`, lead to public addresses.

    A proxy that the environment names is the operator's: it is its business where it leads.
    """

    def __init__(self, *, public_only: bool) -> None:
        self._pools = _CHECKED if public_only else _TIMED
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the connections to servers that are reached directly."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return the connections by way of a proxy."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _TIMED
        return manager
