"""Sending: one worker against a carrier that answers after 80 ms, and the way to its socket."""

from __future__ import annotations

import json
import statistics
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

import requests
from celery import current_app

from config.bench import outbox
from config.bench.doors import door
from config.bench.figures import Figure, Goal
from config.bench.population import populate
from config.bench.run import NotMeasured, Run
from config.bench.servers import PYTHON, Server, free_port, listens, started, web, worker
from tenants.models import ApiKey

_TENANTS = 20
_PATIENCE = 30.0
_WARM_UPS = 10  # calls: each of the worker's threads has its connections then
_FIRST = 5  # messages of each tenant that warm a worker up
_THREADS = 32
_QUEUES = ("messages", "slow", "bulk")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Carrier:
    """The stand-in's socket, and what it says came in."""

    port: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def arrivals(self) -> dict[str, float]:
        """Return when each message came, by its tag. Raises NotMeasured when one came twice."""
        with urllib.request.urlopen(self.url, timeout=10) as response:  # noqa: S310
            said: dict[str, Any] = json.load(response)
        if said["again"]:
            raise NotMeasured(f"{said['again']} messages were sent twice")
        return dict(said["arrivals"])

    def forget(self) -> None:
        """Begin anew."""
        request = urllib.request.Request(self.url, method="DELETE")  # noqa: S310
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sender:
    """The legs, with a carrier and the environment that points at it."""

    run: Run
    carrier: _Carrier
    env: dict[str, str]

    def queued(self, repeat: int) -> tuple[float, float]:
        """Send what waits; return messages per second, and the worker's time for one (µs)."""
        first_number = repeat * 1_000_000
        _empty_queues()
        with worker(self.run, env=self.env) as server:
            # Imports, connections and plans of the first messages are not what is measured.
            self._write(_FIRST, first_number=first_number)
            self._send()
            self._write(self.run.sized(100, 15), first_number=first_number + 500_000)
            before = server.cpu_seconds
            rung, arrivals = self._send()
            cpu = (server.cpu_seconds - before) / max(1, len(arrivals)) * 1e6
        _empty_queues()
        for place in range(1, _TENANTS + 1):
            outbox.cancel(place)
        times = sorted(arrivals.values())
        if len(times) < 2:
            raise NotMeasured("no message reached the carrier")
        rate = (len(times) - 1) / (times[-1] - times[0])
        rest = "" if len(times) >= rung else f" ({len(times)} by then)"
        self.run.say(f"{rung} queued: {rate:,.0f}/s sent{rest}")
        return rate, cpu

    def _write(self, each: int, *, first_number: int) -> None:
        for place in range(1, _TENANTS + 1):
            outbox.write(place, each, first_number=first_number + place * 500)

    def _send(self) -> tuple[int, dict[str, float]]:
        """Ring for all that is queued; return how many these are, and when each arrived."""
        self.carrier.forget()
        rung = sum(outbox.ring(place) for place in range(1, _TENANTS + 1))
        return rung, self._await(rung, began=time.monotonic())

    def posts(self, repeat: int) -> float:
        """Return what so many threads manage that do nothing but post to the carrier."""
        self.carrier.forget()
        began = time.monotonic()
        until = began + self.run.sized(3, 2)
        with ThreadPoolExecutor(_THREADS) as threads:
            counts = threads.map(lambda _: _post_until(self.carrier.url, until), range(_THREADS))
            return sum(counts) / (time.monotonic() - began)

    def latency(self, portal: Server, secret: str) -> list[float]:
        """Return the milliseconds from the API's call to the carrier's socket, one at a time."""
        self.carrier.forget()
        address = f"http://127.0.0.1:{portal.port}/t/{door(1).slug}/api/v1/messages/"
        taken = []
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {secret}"
            for call in range(-_WARM_UPS, self.run.sized(30, 5)):
                to = f"+1737555{time.time_ns() // 1000 % 10_000:04}"
                began = time.monotonic()
                answer = session.post(address, json={"to": [to], "text": "Hello."}, timeout=30)
                if answer.status_code >= 300:
                    raise NotMeasured(f"the API answered {answer.status_code}: {answer.text[:200]}")
                at = self._arrival(str(answer.json()["id"]))
                if call >= 0:
                    taken.append((at - began) * 1000)
        return taken

    def bare(self) -> list[float]:
        """Return the milliseconds from a bare call to the carrier's socket."""
        taken = []
        with requests.Session() as session:
            for _ in range(self.run.sized(30, 5)):
                tag, began = str(uuid4()), time.monotonic()
                session.post(self.carrier.url, json=_message(tag), timeout=30)
                taken.append((self.carrier.arrivals()[tag] - began) * 1000)
        return taken

    def _arrival(self, tag: str) -> float:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            if at := self.carrier.arrivals().get(tag):
                return at
            time.sleep(0.01)
        raise NotMeasured("a message of the API did not reach the carrier")

    def _await(self, count: int, *, began: float) -> dict[str, float]:
        while len(arrivals := self.carrier.arrivals()) < count:
            if time.monotonic() - began > _PATIENCE:
                break
            time.sleep(0.25)
        return arrivals


def measure(run: Run) -> list[Figure]:
    """Send what is queued, then one message at a time."""
    populate(run, _TENANTS)
    admin = outbox.admin_of(1)
    _, secret = ApiKey.issue(admin.user, tenant=admin.tenant)
    with _sender(run) as sender:
        found, bare = run.interleaved([sender.queued, sender.posts])
        with (
            web(run, "web", env=sender.env) as portal,
            worker(run, env=sender.env),
        ):
            latencies, straight = run.interleaved(
                [lambda _: sender.latency(portal, secret), lambda _: sender.bare()]
            )
    _empty_queues()
    if min(map(min, latencies)) < 0:
        raise NotMeasured("a message reached the carrier before it was posted")
    run.say(f"latency: {statistics.median(latencies[-1]):.0f} ms")
    return [
        Figure(
            key="sends_per_second",
            title="Messages sent by one worker",
            unit="per s",
            goal=Goal(at_least=300),
            values=tuple(rate for rate, _ in found),
            yardstick=tuple(bare),
            yardstick_title=f"bare posts, {_THREADS} threads",
        ),
        Figure(
            key="send_cpu_us",
            title="Worker's processor time for a message",
            unit="µs",
            values=tuple(cost for _, cost in found),
        ),
        Figure(
            key="send_latency_p50_ms",
            title="API call to carrier's socket, idle, p50",
            unit="ms",
            goal=Goal(at_most=60),
            values=tuple(statistics.median(times) for times in latencies),
            yardstick=tuple(statistics.median(times) for times in straight),
            yardstick_title="bare post",
        ),
    ]


@contextmanager
def _sender(run: Run) -> Iterator[_Sender]:
    port = free_port()
    env = {**run.env, "BANDWIDTH_MESSAGE_BASE_URL": f"http://127.0.0.1:{port}/api/v2"}
    argv = [PYTHON, "-m", "config.bench.carrier", str(port)]
    with started(run, "carrier", argv, port=port, ready=lambda: listens(port)):
        yield _Sender(run=run, carrier=_Carrier(port=port), env=env)


def _post_until(url: str, until: float) -> int:
    done = 0
    with requests.Session() as session:
        while time.monotonic() < until:
            session.post(url, json=_message(str(uuid4())), timeout=30)
            done += 1
    return done


def _message(tag: str) -> dict[str, object]:
    number = door(1).number
    return {"from": number, "to": [number], "applicationId": "a", "text": "Hello.", "tag": tag}


def _empty_queues() -> None:
    with current_app.connection_for_write() as broker:
        for name in _QUEUES:
            cast("Any", broker.default_channel).queue_purge(name)
