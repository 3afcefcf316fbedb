"""Accepting webhooks: all doors, the naive design, and what PostgreSQL itself can insert."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from django.db import connection

from config.bench import posts, programs
from config.bench.database import libpq
from config.bench.doors import door
from config.bench.figures import Figure, Goal, Judged
from config.bench.naive.queue import QUEUE
from config.bench.naive.queue import app as naive_app
from config.bench.population import populate
from config.bench.programs import Load
from config.bench.run import NotMeasured, Run
from config.bench.servers import Server, intake, web
from providers.models import WebhookEvent

_TENANTS = 100
_SCRIPT = Path(__file__).with_name("post_events.lua")
_INSERT = """\
\\set a random(1, 9223372036854775807)
\\set b random(1, 9223372036854775807)
INSERT INTO providers_webhookevent
  (provider, endpoint_id, tenant_id, dedupe_key, type, payload, state, attempts, error)
VALUES ('bandwidth', :endpoint, :tenant,
  decode(lpad(to_hex(CAST(:a AS bigint)), 16, '0') || lpad(to_hex(CAST(:b AS bigint)), 16, '0'),
    'hex'),
  'message-received', :payload, 'pending', 0, '')
ON CONFLICT (dedupe_key) DO NOTHING;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leg:
    """Loads one door; each time into an empty table, as for all others."""

    run: Run
    server: Server
    requests: Path
    seconds: int

    def __call__(self, repeat: int) -> Load:
        empty_inbox()
        warm_up = load(self.run, self.server, self.requests, seconds=1)
        measured = load(self.run, self.server, self.requests, seconds=self.seconds)
        stored = settled_count()
        answers = warm_up.answers + measured.answers
        refusals = warm_up.refusals + measured.refusals
        # Each run of wrk ends with a request under way on every connection.
        under_way = 2 * programs.CONNECTIONS
        if refusals or not 0 < answers <= stored <= answers + under_way:
            raise NotMeasured(
                f"{self.server.name}: {answers} answers, {refusals} refusals, {stored} rows"
            )
        self.run.say(f"{self.server.name}: {measured.per_second:,.0f}/s")
        return measured


def measure(run: Run) -> list[Figure]:
    """Load the doors and PostgreSQL in turn; no worker drains meanwhile."""
    populate(run, run.sized(_TENANTS, 10))
    addresses = [door(place) for place in range(1, run.sized(_TENANTS, 10) + 1)]
    requests = run.data / "bench-requests"
    posts.write_requests(requests, addresses)
    seconds = run.sized(3, 2)
    # Not yet started: each takes the first port that is free by then.
    servers = (
        partial(intake, run),
        partial(web, run, "dispatcher"),
        partial(web, run, "view", "config.bench.view_door:application"),
        partial(web, run, "naive", "config.bench.naive.wsgi:application"),
    )
    try:
        with ExitStack() as stack:
            legs = [
                _Leg(
                    run=run,
                    server=stack.enter_context(start()),
                    requests=requests,
                    seconds=seconds,
                )
                for start in servers
            ]
            rates, *loads = run.interleaved([lambda _: inserts(run, seconds=seconds), *legs])
    finally:
        requests.unlink()
        empty_inbox()
        with naive_app.connection_for_write() as broker:
            cast("Any", broker.default_channel).queue_purge(QUEUE)
    return _figures(tuple(rates), *loads)


def inserts(run: Run, *, seconds: int) -> float:
    """Return how many such events per second PostgreSQL inserts, one row at a time."""
    empty_inbox()
    statement = run.data / "bench-insert.sql"
    statement.write_text(_INSERT, encoding="utf-8")
    payload = posts.body(door(1).number, message_id="0" * 29, customer="0000")[1:-1]
    try:
        rate = programs.pgbench(
            statement,
            seconds=seconds,
            env={**run.env, **libpq(connection.settings_dict)},
            variables={"endpoint": "1", "tenant": "1", "payload": payload},
        )
    finally:
        statement.unlink()
    run.say(f"pgbench: {rate:,.0f}/s")
    return rate


def load(run: Run, server: Server, requests: Path, *, seconds: int) -> Load:
    """Post distinct events to a web process as fast as it takes them."""
    return programs.wrk(
        f"http://127.0.0.1:{server.port}/",
        script=_SCRIPT,
        seconds=seconds,
        connections=programs.CONNECTIONS,
        env={
            **run.env,
            "BENCH_PREFIX": posts.prefix(),
            "BENCH_REQUESTS": str(requests),
            "BENCH_CUSTOMERS": "1000",
        },
    )


def empty_inbox() -> None:
    """Forget all events."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE providers_webhookevent")


def settled_count() -> int:
    """Count the events once those under way are stored too."""
    stored = -1
    while stored != (stored := WebhookEvent.objects.count()):
        time.sleep(0.3)
    return stored


def _figures(
    inserted: tuple[float, ...],
    intake: list[Load],
    dispatcher: list[Load],
    view: list[Load],
    naive: list[Load],
) -> list[Figure]:
    by_intake, by_dispatcher, by_view, by_naive = (
        tuple(one.per_second for one in loads) for loads in (intake, dispatcher, view, naive)
    )
    against = {"unit": "per s", "yardstick": inserted, "yardstick_title": "inserts"}
    return [
        Figure(
            key="accept_ratio_to_pg_insert",
            title="Webhooks accepted, intake process",
            judged=Judged.RATIO,
            goal=Goal(at_least=0.6),
            values=by_intake,
            **against,  # type: ignore[arg-type]
        ),
        Figure(
            key="accept_ratio_dispatcher",
            title="Webhooks accepted, web process",
            judged=Judged.RATIO,
            values=by_dispatcher,
            **against,  # type: ignore[arg-type]
        ),
        Figure(
            key="accept_ratio_django_view",
            title="Webhooks accepted, Django's view",
            judged=Judged.RATIO,
            goal=Goal(at_least=0.25),
            values=by_view,
            **against,  # type: ignore[arg-type]
        ),
        Figure(
            key="accept_ratio_to_naive",
            title="Webhooks accepted, intake process",
            unit="per s",
            judged=Judged.RATIO,
            goal=Goal(at_least=15),
            values=by_intake,
            yardstick=by_naive,
            yardstick_title="naive",
        ),
        Figure(
            key="accept_p50_ms",
            title="Answer to a webhook, p50",
            unit="ms",
            values=tuple(one.p50_ms for one in intake),
            yardstick=tuple(one.p50_ms for one in naive),
            yardstick_title="naive",
        ),
        Figure(
            key="accept_p99_ms",
            title="Answer to a webhook, p99",
            unit="ms",
            goal=Goal(at_most=15),
            values=tuple(one.p99_ms for one in intake),
            yardstick=tuple(one.p99_ms for one in naive),
            yardstick_title="naive",
        ),
    ]
