"""Showing what a run found: for a terminal, for the documentation, for programs."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from config.bench.figures import Figure, number

_HEAD = ("figure", "unit", "min", "median", "max", "yardstick", "ratio", "goal", "")


def terminal(figures: Sequence[Figure], missing: Mapping[str, str]) -> str:
    """Lay the figures out in columns; a part that was not measured says why."""
    rows = [_HEAD, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [
        "  ".join(
            cell.ljust(width) if column in (0, 1, 5, 8) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    missed = [figure.key for figure in figures if figure.mark == "MISSED"]
    if missed:
        lines.append(f"MISSED: {', '.join(missed)}")
    lines += [f"{part}: not measured: {reason}" for part, reason in missing.items()]
    return "\n".join(lines) + "\n"


def markdown(figures: Sequence[Figure]) -> str:
    """Write the rows of the table in docs/PERFORMANCE.md."""
    lines = ["| figure | min | median | max | ratio | goal | |", "|---|---|---|---|---|---|---|"]
    for figure in figures:
        _, unit, low, middle, high, measure, ratio, goal, mark = _cells(figure)
        against = f"{ratio} of {measure}" if ratio else ""
        lines.append(
            f"| `{figure.key}` ({unit}) | {low} | {middle} | {high} | {against} | {goal} | {mark} |"
        )
    return "\n".join(lines) + "\n"


def document(
    figures: Sequence[Figure], missing: Mapping[str, str], surroundings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what results.json holds: each figure's score at the top, all repeats below."""
    return {
        **{figure.key: round(figure.score, 4) for figure in figures},
        "goals": {figure.key: _judgement(figure) for figure in figures if figure.goal},
        "missed": [figure.key for figure in figures if figure.mark == "MISSED"],
        "not_measured": dict(missing),
        "surroundings": dict(surroundings),
        "repeats": {figure.key: _repeats(figure) for figure in figures},
    }


def _judgement(figure: Figure) -> dict[str, Any]:
    return {
        "goal": str(figure.goal),
        "measured": round(figure.score, 4),
        "met": figure.mark == "ok",
    }


def _repeats(figure: Figure) -> dict[str, Any]:
    told = {
        "title": figure.title,
        "unit": figure.unit,
        "judged": str(figure.judged),
        "values": [round(value, 4) for value in figure.values],
        "goal": str(figure.goal or ""),
        "mark": figure.mark,
    }
    if figure.yardstick:
        told["yardstick"] = figure.yardstick_title
        told["yardstick_values"] = [round(value, 4) for value in figure.yardstick]
        told["ratios"] = [round(value, 4) for value in figure.ratios]
    return told


def _cells(figure: Figure) -> tuple[str, ...]:
    measure = ratio = ""
    if figure.yardstick:
        middle = number(statistics.median(figure.yardstick))
        measure = f"{middle} {figure.yardstick_title}"
        ratio = number(statistics.median(figure.ratios)) if figure.ratios else ""
    return (
        figure.title,
        figure.unit,
        number(min(figure.values)),
        number(statistics.median(figure.values)),
        number(max(figure.values)),
        measure,
        ratio,
        str(figure.goal or ""),
        figure.mark,
    )
