"""Timing pages inside this process: middleware, views, queries and templates, without a network."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.bench.cores import postgres_cpu_seconds
from config.bench.data import person
from config.bench.figures import percentile
from config.bench.pages import Page, pages
from config.bench.platform_rows import root
from tenants.models import Tenant, User

_WARM_UPS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How long one page took, and what it asked of the database."""

    key: str
    title: str
    seconds: tuple[float, ...]
    cpu_ms: float  # of this process, the median
    postgres_ms: float  # of PostgreSQL, the mean; 0 where it runs elsewhere
    queries: int
    status: int

    @property
    def p95_ms(self) -> float:
        """What 95 of 100 calls did not exceed."""
        return percentile(self.seconds, 95) * 1000


class Reader:
    """The people who ask for the pages, signed in, and what they ask for."""

    def __init__(self, tenant: Tenant) -> None:
        # The pages are asked for at the portal's own address, whatever that is set to.
        settings.ALLOWED_HOSTS = ["*"]
        settings.REQUIRE_SYSTEM_ADMIN_MFA = False  # its second step is a person's
        people = {"admin": person("admin"), "user": person("user"), "root": root()}
        self._clients = {role: _client(user) for role, user in people.items()}
        self._pages = pages(tenant, self._clients)

    def measured(self, *, calls: int) -> Iterator[Measured]:
        """Call each page several times with warm caches, one after the other."""
        for page in self._pages:
            yield _measured(page, self._clients[page.role], calls)


def _client(user: User) -> Client:
    host = urlsplit(settings.PUBLIC_URL).netloc or "127.0.0.1"
    client = Client(headers={"host": host}, raise_request_exception=False)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _measured(page: Page, client: Client, calls: int) -> Measured:
    seconds: list[float] = []
    cpu: list[float] = []
    status = 200
    before = 0.0
    for call in range(-_WARM_UPS, calls):
        if not call:
            before = postgres_cpu_seconds() or 0.0
        address = page.addresses[call % len(page.addresses)]
        started, busy = time.perf_counter(), time.process_time()
        response = client.get(address)
        taken, used = time.perf_counter() - started, time.process_time() - busy
        if response.status_code != 200:
            status = response.status_code
        if call >= 0:
            seconds.append(taken)
            cpu.append(used)
    worked = (postgres_cpu_seconds() or 0.0) - before
    with CaptureQueriesContext(connection) as queries:
        client.get(page.addresses[0])
    return Measured(
        key=page.key,
        title=page.title,
        seconds=tuple(seconds),
        cpu_ms=statistics.median(cpu) * 1000,
        postgres_ms=worked / calls * 1000,
        queries=len(queries),
        status=status,
    )
