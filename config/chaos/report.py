"""Telling what came of the runs: a table for people, a document for programs."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

from config.chaos.results import Result
from config.chaos.verdict import Wrong

_HEADS = (
    *("seed", "kills", "callbacks", "texts", "sent", "unconf.", "failed"),
    *("lost", "doubled", "stuck", "other", "worst wait"),
)
_MOST_TOLD = 20


def table(results: Sequence[Result]) -> str:
    """Lay the runs out, a line each, then the kills by kind and what is broken."""
    lines = [_HEADS, *(_line(result) for result in results)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(_HEADS))]
    told = [
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    ]
    kills = sum((result.kills for result in results), Counter[str]())
    told += ["", "kills: " + ", ".join(f"{name} {count}" for name, count in kills.most_common())]
    for result in results:
        told += [
            f"seed {result.seed}: {breach.wrong} {breach.what}: {breach.words} {dict(breach.more)}"
            for breach in result.breaches[:_MOST_TOLD]
        ]
        if len(result.breaches) > _MOST_TOLD:
            told.append(f"seed {result.seed}: and {len(result.breaches) - _MOST_TOLD} more")
    return "\n".join(told) + "\n"


def document(results: Sequence[Result], surroundings: dict[str, Any]) -> dict[str, Any]:
    """Return what the file of results holds."""
    return {
        "kept": not any(result.breaches for result in results),
        **surroundings,
        "runs": [
            {
                "seed": result.seed,
                "kills": dict(result.kills),
                **result.figures,
                "breaches": [dataclasses.asdict(breach) for breach in result.breaches],
                "longest_waits": [dataclasses.asdict(wait) for wait in result.longest_waits],
                "open_work": result.open_work,
                "happened": result.happened,
            }
            for result in results
        ],
    }


def _line(result: Result) -> tuple[str, ...]:
    figures = result.figures
    statuses = figures["statuses"]
    other = len(result.breaches) - result.count(Wrong.LOST, Wrong.DOUBLED, Wrong.STUCK)
    return (
        str(result.seed),
        str(result.kills.total()),
        str(figures["callbacks"]),
        str(figures["texts"]),
        str(figures["at_carrier"]),
        str(statuses.get("unconfirmed", 0)),
        str(statuses.get("failed", 0)),
        str(result.count(Wrong.LOST)),
        str(result.count(Wrong.DOUBLED)),
        str(result.count(Wrong.STUCK)),
        str(other),
        f"{figures['worst_wait_in']:.1f} s",
    )
