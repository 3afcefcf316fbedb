"""One run: open companies, let traffic and faults loose on them, wait until quiet, and count."""

from __future__ import annotations

import heapq
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from django.db import DatabaseError, InterfaceError, connection

from config.chaos import audit, settling
from config.chaos.carrier import Carrier
from config.chaos.clients import Client
from config.chaos.companies import Company, open_companies
from config.chaos.customers import Customers
from config.chaos.disk import Disk
from config.chaos.found import Found
from config.chaos.ledger import Ledger
from config.chaos.plan import Full, Plan, Strike, Weather
from config.chaos.programs import Programs
from config.chaos.results import Result, figures
from config.chaos.verdict import judge
from config.chaos.watch import Watch
from config.embedded import Supervisor

_CLIENTS = 4
_TICK = 0.1
_READY_WITHIN = 60.0
_QUIET_WITHIN = 150.0
_BY_THEMSELVES = 12.0  # seconds before clocks are put forward
_FORWARD_EVERY = 8.0
_LOOK_EVERY = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What all runs share."""

    supervisor: Supervisor
    programs: Programs
    carrier: Carrier
    disk: Disk


class Run:
    """One seed's."""

    def __init__(self, stage: Stage, plan: Plan, *, place: int) -> None:
        self._stage = stage
        self._plan = plan
        self._place = place
        self._ledger = Ledger()
        self._result = Result(seed=plan.seed)
        self._random = Random(f"{plan.seed} strikes")  # noqa: S311
        self._began = time.monotonic()
        self._blackout = datetime.now(UTC)

    def result(self) -> Result:
        """Do it all and return what came of it."""
        stage, plan = self._stage, self._plan
        self._until(stage.programs.are_ready, within=_READY_WITHIN)
        companies = open_companies(
            self._place, plan.companies, stage.programs.portals, stage.programs.doors
        )
        stage.carrier.begin(companies, self._ledger, seed=plan.seed)
        watch = Watch(connection.get_connection_params())
        connection.close()
        watch.start()
        with self._traffic(companies):
            self._strike_out()
        self._say("waiting until all is quiet")
        self._calm_down()
        self._wait_until_quiet(companies, watch)
        watch.enough.set()
        self._account(companies, watch)
        return self._result

    @contextmanager
    def _traffic(self, companies: Sequence[Company]) -> Iterator[None]:
        customers = Customers(
            self._plan, companies, self._ledger, carrier_url=self._stage.carrier.base_url
        )
        clients = [
            Client(
                self._plan,
                companies,
                self._ledger,
                place=place,
                of=_CLIENTS,
            )
            for place in range(_CLIENTS)
        ]
        threads: list[Customers | Client] = [customers, *clients]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for thread in threads:
                thread.enough.set()
            self._until(lambda: not any(thread.is_alive() for thread in threads), within=60)

    def _strike_out(self) -> None:
        """Play the plan to its end."""
        self._began = time.monotonic()
        order = itertools.count()
        faults: list[Strike | Full | Weather] = [
            *self._plan.weather,
            *self._plan.full,
            *self._plan.strikes,
        ]
        due = [(each.at, next(order), self._call(each)) for each in faults]
        due += [(each.at + each.seconds, next(order), self._free_disk) for each in self._plan.full]
        heapq.heapify(due)
        while due:
            while due and due[0][0] <= self._now:
                heapq.heappop(due)[2]()
            self._tick()

    def _call(self, what: Strike | Full | Weather) -> Callable[[], None]:
        match what:
            case Strike():
                return lambda: self._strike(what)
            case Full():
                return self._fill_disk
            case Weather():
                return lambda: self._change(what)

    def _strike(self, strike: Strike) -> None:
        if self._stage.programs.strike(strike, self._random):
            self._result.kills[strike.kill] += 1
            self._note(f"killed: {strike.kill}, away for {strike.away:.1f} s")
            self._blackout = datetime.now(UTC)
        else:
            self._note(f"was not there to be killed: {strike.kill}")

    def _change(self, weather: Weather) -> None:
        self._stage.carrier.change(weather)
        self._note(
            f"carrier: {weather.chances or 'well'}, duplicates {weather.duplicate},"
            f" reordered {weather.reorder}"
        )

    def _fill_disk(self) -> None:
        self._stage.disk.fill()
        self._note("disk full")

    def _free_disk(self) -> None:
        self._stage.disk.free()
        self._note("disk freed")

    def _calm_down(self) -> None:
        self._stage.disk.free()
        self._stage.carrier.change(Weather(at=0))
        self._until(self._stage.programs.are_ready, within=_READY_WITHIN)
        self._note("all programs are back")

    def _wait_until_quiet(self, companies: Sequence[Company], watch: Watch) -> None:
        began = time.monotonic()
        forward_at = began + _BY_THEMSELVES
        quiet = 0
        while time.monotonic() - began < _QUIET_WITHIN:
            self._until(lambda: False, within=_LOOK_EVERY)
            try:
                self._result.open_work = settling.open_work(companies, self._ledger)
                quiet = 0 if self._result.open_work else quiet + 1
                if quiet > 1:
                    break
                if time.monotonic() >= forward_at and not quiet:
                    if not watch.enough.is_set():  # from here on waits are of our own making
                        watch.enough.set()
                        self._note(f"clocks put forward: {self._result.open_work}")
                    settling.put_clocks_forward(companies, since=self._blackout)
                    forward_at = time.monotonic() + _FORWARD_EVERY
            except (DatabaseError, InterfaceError):
                connection.close()
        self._note("quiet" if quiet else f"not quiet: {self._result.open_work}")

    def _account(self, companies: Sequence[Company], watch: Watch) -> None:
        ledger = self._ledger
        found = Found(
            rows=[row for company in companies for row in audit.rows_of(company)],
            threads=[thread for company in companies for thread in audit.threads_of(company)],
            carried=self._stage.carrier.carried(companies),
            inbox=audit.inbox_of(ledger.events, companies),
        )
        self._result.breaches = judge(ledger, found)
        self._result.longest_waits = watch.longest
        self._result.figures = figures(ledger, found, companies) | {"worst_wait_in": watch.worst}

    @property
    def _now(self) -> float:
        return time.monotonic() - self._began

    def _tick(self) -> None:
        self._stage.supervisor.check()
        self._stage.programs.revive()
        time.sleep(_TICK)

    def _until(self, done: Callable[[], bool], *, within: float) -> None:
        until = time.monotonic() + within
        while time.monotonic() < until and not done():
            self._tick()

    def _note(self, line: str) -> None:
        self._result.happened.append(f"{self._now:6.1f} s ({time.time():.1f})  {line}")

    def _say(self, line: str) -> None:
        sys.stderr.write(f"  {line}\n")
        sys.stderr.flush()
