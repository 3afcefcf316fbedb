"""Routing: from the stored event to the message in its conversation, by one real worker."""

from __future__ import annotations

from config.bench import inbox_rows
from config.bench.accept import empty_inbox, inserts
from config.bench.figures import Figure, Goal, Judged
from config.bench.population import populate
from config.bench.router import FLOODED, router
from config.bench.run import Run


def measure(run: Run) -> list[Figure]:
    """Drain what is being posted, what waits, and what came behind a backlog."""
    few, many = run.sized(100, 10), run.sized(1000, 40)
    backlog, measured = run.sized(200_000, 10_000), run.sized(10_000, 1_000)
    texts, receipts_each = run.sized(7_000, 350), run.sized(150, 8)
    populate(run, many + 1)
    with router(run, few=few, many=many) as routing:
        rates, by_few, by_many, mixed, plain, behind = run.interleaved(
            [
                lambda _: inserts(run, seconds=2),
                lambda _: routing.live(few),
                lambda _: routing.live(many),
                lambda repeat: routing.mixed(repeat, texts=texts, receipts_each=receipts_each),
                lambda _: routing.stored(measured, tenants=FLOODED),
                lambda _: routing.backlog(backlog, measured=measured),
            ]
        )
        memory = inbox_rows.largest_backend_mb()
    empty_inbox()
    routed = tuple(one.drained.per_second for one in by_few)
    return [
        Figure(
            key="routed_per_second",
            title=f"Events routed, {few} tenants",
            unit="per s",
            goal=Goal(at_least=4000),
            values=routed,
            yardstick=tuple(rates),
            yardstick_title="inserts",
        ),
        Figure(
            key="routed_cpu_us",
            title="Worker's processor time for an event",
            unit="µs",
            values=tuple(one.worker_us for one in by_few),
        ),
        Figure(
            key="stored_cpu_us",
            title="Web process's processor time for an event",
            unit="µs",
            values=tuple(one.web_us for one in by_few),
        ),
        *_of_postgres([one.postgres_us for one in by_few if one.postgres_us is not None]),
        Figure(
            key="routed_ratio_1000_to_100_tenants",
            title=f"Events routed, {many} tenants",
            unit="per s",
            judged=Judged.RATIO,
            goal=Goal(at_least=0.9),
            values=tuple(one.drained.per_second for one in by_many),
            yardstick=routed,
            yardstick_title=f"{few} tenants",
        ),
        Figure(
            key="routed_mixed_per_second",
            title="Texts that waited, 30 % receipts among them",
            unit="per s",
            values=tuple(one.per_second for one in mixed),
            yardstick=tuple(one.per_second for one in plain),
            yardstick_title=f"{measured:,} texts waiting",
        ),
        Figure(
            key="routed_ratio_backlog",
            title=f"Events routed, {backlog:,} of {FLOODED} tenants waiting",
            unit="per s",
            judged=Judged.RATIO,
            goal=Goal(at_least=0.8),
            values=tuple(one.drained.per_second for one in behind),
            yardstick=tuple(one.per_second for one in plain),
            yardstick_title=f"{measured:,} waiting",
        ),
        Figure(
            key="fresh_behind_backlog_s",
            title="Another tenant's event visible behind it",
            unit="s",
            goal=Goal(at_most=2),
            values=tuple(one.fresh_seconds for one in behind),
        ),
        Figure(
            key="routing_backend_mb",
            title="Largest database process then",
            unit="MB",
            values=(memory,),
        ),
    ]


def _of_postgres(values: list[float]) -> list[Figure]:
    if not values:
        return []
    return [
        Figure(
            key="stored_and_routed_postgres_cpu_us",
            title="PostgreSQL's processor time for it, stored and routed",
            unit="µs",
            values=tuple(values),
        )
    ]
