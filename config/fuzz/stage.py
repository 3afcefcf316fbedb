"""The parts of a run, beside the servers that they need."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from config import processes
from config.embedded import Supervisor
from config.fuzz import described, slow, worker
from config.fuzz.company import open_company
from config.fuzz.figures import Figures
from tenants.migration import migrate_all

Part = Callable[[float], Figures]
_GRACE = 120


def parts(
    supervisor: Supervisor, options: argparse.Namespace, *, portal_port: int, intake_port: int
) -> dict[str, Part]:
    """Start what the parts need, and return them by name: each takes so many seconds."""
    folder, seed = options.data, options.seed
    migrate_all(lambda _: supervisor.check())
    env = dict(os.environ)
    if {"slow", "api"} & set(options.only):
        group = supervisor.launch(
            processes.web(host="127.0.0.1", port=portal_port, env=env),
            processes.intake(host="127.0.0.1", port=intake_port, env=env),
        )
        supervisor.await_ready(group)
    company = open_company()
    portal, intake = f"http://127.0.0.1:{portal_port}", f"http://127.0.0.1:{intake_port}"
    return {
        "bodies": lambda seconds: _bodies(folder, seed, options.inputs, seconds),
        "worker": lambda seconds: worker.route(company, seed=seed, seconds=seconds),
        "slow": lambda seconds: slow.drip(portal, intake, company, seconds=seconds),
        "api": lambda seconds: described.call(
            portal, company, seed=seed, seconds=seconds, examples=options.examples, folder=folder
        ),
    }


def _bodies(folder: Path, seed: int, inputs: int, seconds: float) -> Figures:
    figures = Figures("bodies")
    out = folder / "bodies.json"
    arguments = ["--inputs", str(inputs), "--seconds", str(seconds), "--seed", str(seed)]
    with (folder / "bodies.log").open("wb") as log:
        ended = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "-m", "config.fuzz.bodies", *arguments, "--out", str(out)],
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=seconds + _GRACE,
            check=False,
        )
    if ended.returncode or not out.exists():
        figures.broke(f"the fuzzer ended with {ended.returncode}, see {log.name}")
        return figures
    found = json.loads(out.read_text(encoding="utf-8"))
    for what, count in found.pop("broken").items():
        figures.broke(f"{what} ({count} times; the bodies are in {folder})")
    figures.counts |= found
    return figures
