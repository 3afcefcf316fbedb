"""Setting the stage for all runs of one command: servers, programs, carrier, disk."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.chaos.carrier import stand_in
from config.chaos.disk import LimitedFiles, small_disk
from config.chaos.plan import Kill, plan
from config.chaos.programs import Programs
from config.chaos.results import Result
from config.chaos.run import Run, Stage
from config.embedded import Supervisor, start_local_servers
from tenants.migration import migrate_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for."""

    seeds: Sequence[int]
    seconds: float
    data: Path
    carrier_port: int
    portal_ports: Sequence[int]
    intake_port: int
    only: Sequence[Kill] = ()
    may_mount: bool = True


def play(supervisor: Supervisor, wish: Wish, *, on_result: Callable[[list[Result]], None]) -> None:
    """Run each seed; `on_result` hears of all results so far."""
    results: list[Result] = []
    folder = wish.data / "media"
    with stand_in(wish.carrier_port) as carrier, small_disk(folder, wish.may_mount) as small:
        servers = start_local_servers(supervisor)
        migrate_all(lambda _: supervisor.check())
        programs = Programs(
            supervisor,
            servers,
            env=dict(os.environ),
            ports=wish.portal_ports,
            intake_port=wish.intake_port,
        )
        disk = small or LimitedFiles(programs.writers)
        programs.on_start = disk.began
        programs.start_portal()
        stage = Stage(supervisor=supervisor, programs=programs, carrier=carrier, disk=disk)
        for place, seed in enumerate(wish.seeds, start=1):
            say(f"seed {seed}: {wish.seconds:g} s of traffic and faults; files on a {disk.name}")
            began = time.monotonic()
            chosen = plan(seed, seconds=wish.seconds, only=wish.only)
            result = Run(stage, chosen, place=place).result()
            results.append(result)
            say(f"{len(result.breaches)} broken promises, {time.monotonic() - began:.0f} s")
            on_result(results)
        supervisor.stop_all()


def say(line: str) -> None:
    """Tell who waits."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
