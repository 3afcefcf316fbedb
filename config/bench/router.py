"""One real worker routing for many tenants, and what it makes of what is posted or waits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from config.bench import inbox_rows, posts, receipts
from config.bench.accept import empty_inbox, load, settled_count
from config.bench.cores import postgres_cpu_seconds
from config.bench.doors import door, schema_of
from config.bench.inbox_rows import Drained
from config.bench.run import NotMeasured, Run
from config.bench.servers import Server, intake, worker
from messaging.models import Message
from providers.models import WebhookEvent
from tenants.context import entered

FLOODED = 3  # tenants whose events are the backlog
_MIXED = 20  # tenants that texts and receipts wait for
_PATIENCE = 25.0  # seconds for one leg; then the rate is of what was routed until then


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """How a worker does with a backlog: its rate, and another tenant's wait."""

    drained: Drained
    fresh_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """One leg: the events, and the processor time that each cost (µs)."""

    drained: Drained
    worker_us: float
    web_us: float
    postgres_us: float | None  # None = it runs on another machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """The web process and the worker, with the tenants that they work for.

    Events come for `few` or `many` tenants, and a fresh one for the one after the last.
    """

    run: Run
    web: Server
    worker: Server
    few: int
    many: int

    def live(self, tenants: int) -> Routed:
        """Post for some seconds while the worker drains, then wait for the rest."""
        requests = self.run.data / "bench-requests"
        posts.write_requests(requests, [door(place) for place in range(1, tenants + 1)])
        before = self._begin()
        clock = self._clock()
        began = time.monotonic()
        try:
            seen = load(self.run, self.web, requests, seconds=self.run.sized(3, 2))
        finally:
            requests.unlink()
        stored = settled_count()
        if seen.refusals or seen.answers > stored:
            raise NotMeasured(f"{seen.answers} answers, {seen.refusals} refusals, {stored} rows")
        drained = inbox_rows.watch(began=began, waiting=stored, within=_PATIENCE)
        worker, web, postgres = (
            None if now is None or then is None else (now - then) * 1e6
            for now, then in zip(self._clock(), clock, strict=True)
        )
        self._check(before, drained)
        self._tell(f"{stored:,} posted for {tenants} tenants", drained)
        routed = max(1, drained.events)
        return Routed(
            drained=drained,
            worker_us=(worker or 0) / routed,
            web_us=(web or 0) / max(1, stored),
            postgres_us=None if postgres is None else postgres / routed,
        )

    def stored(self, events: int, *, tenants: int) -> Drained:
        """Let the worker find events that wait already."""
        before = self._begin()
        inbox_rows.store_like_it(count=events, tenants=tenants)
        drained = inbox_rows.watch(began=time.monotonic(), waiting=events, within=_PATIENCE)
        self._check(before, drained)
        self._tell(f"{events:,} waiting", drained)
        return drained

    def mixed(self, repeat: int, *, texts: int, receipts_each: int) -> Drained:
        """Let the worker find texts and receipts of twenty tenants, in no order."""
        before, places = self._begin(), range(1, _MIXED + 1)
        delivered = receipts.delivered(places)
        inbox_rows.store_like_it(count=texts, tenants=_MIXED)
        for place in places:
            first_number = 6_000_000 + repeat * 100_000 + place * 1000
            receipts.store(place, receipts_each, first_number=first_number)
        receipts.shuffle()
        events = texts + receipts_each * _MIXED
        drained = inbox_rows.watch(began=time.monotonic(), waiting=events, within=_PATIENCE)
        visible = inbox_rows.conversation_messages(self.many) - before
        visible += receipts.delivered(places) - delivered
        if drained.is_all and visible != events:
            raise NotMeasured(f"{events} texts and receipts routed, {visible} visible")
        self._tell(f"{events:,} waiting, receipts among them", drained)
        return drained

    def backlog(self, events: int, *, measured: int) -> Behind:
        """Take the rate of the first events of a backlog; then post another tenant's."""
        before = self._begin()
        inbox_rows.store_like_it(count=events, tenants=FLOODED)
        drained = inbox_rows.watch(
            began=time.monotonic(), waiting=events, within=_PATIENCE, enough=measured
        )
        self._tell(f"{events:,} waiting", drained)
        taken = self._fresh()
        if not inbox_rows.pending():
            raise NotMeasured("the backlog was gone before the fresh event came")
        self.run.say(f"fresh event visible after {taken:.2f} s")
        self._check(before, drained)
        return Behind(drained=drained, fresh_seconds=taken)

    def _fresh(self) -> float:
        place = self.many + 1
        message_id = f"{posts.prefix()}fresh"
        began = time.monotonic()
        inbox_rows.post(self.web, door(place), message_id=message_id, customer="0001")
        with entered(schema_of(place)):
            waited_for = Message.objects.filter(provider_message_id=message_id)
            while not waited_for.exists() and time.monotonic() - began < _PATIENCE:
                time.sleep(0.02)
        return time.monotonic() - began

    def _clock(self) -> tuple[float | None, ...]:
        return self.worker.cpu_seconds, self.web.cpu_seconds, postgres_cpu_seconds()

    def _begin(self) -> int:
        # Waits for the batch under way, and leaves the worker nothing to do.
        empty_inbox()
        return inbox_rows.conversation_messages(self.many)

    def _check(self, before: int, drained: Drained) -> None:
        visible = inbox_rows.conversation_messages(self.many) - before
        # Between the watch and the count the worker may have gone on.
        if visible < drained.events or (drained.is_all and visible != drained.events):
            raise NotMeasured(f"{drained.events} events routed, {visible} messages visible")

    def _tell(self, what: str, drained: Drained) -> None:
        rest = "" if drained.is_all else f" ({drained.events:,} by then)"
        self.run.say(f"{what}: {drained.per_second:,.0f}/s routed{rest}")


@contextmanager
def router(run: Run, *, few: int, many: int) -> Iterator[Router]:
    """Start both for the length of the block; the worker is warm then."""
    with intake(run) as server:
        # One row as intake stores it, before anybody routes it.
        empty_inbox()
        inbox_rows.post(server, door(1), message_id="0" * 29, customer="0000")
        inbox_rows.keep(WebhookEvent.objects.get().pk)
        receipts.remember(server)
        with worker(run) as routing:
            made = Router(run=run, web=server, worker=routing, few=few, many=many)
            # Imports, connections and plans of the first events are not what is measured.
            made.stored(few, tenants=few)
            yield made
