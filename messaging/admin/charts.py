"""The dashboard's charts, as unfold's chart components take them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from messaging.figures import Day

_GREY = "#7b8494"  # on white and on unfold's dark grey alike
_BLUE, _TEAL, _RED = "#3b82f6", "#0d9488", "#dc2626"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One picture; `data` and `options` are Chart.js's, as JSON."""

    title: str
    kind: str
    data: str
    options: str


def charts(days: Sequence[Day]) -> list[Chart]:
    """Return the pictures of these days."""
    labels = [f"{day.day:%b} {day.day.day}" for day in days]
    return [
        _chart(
            "Messages per day",
            "bar",
            labels,
            [
                _bars("Received", _BLUE, [day.received for day in days]),
                _bars("Sent", _TEAL, [day.sent for day in days]),
                _bars("Failed", _RED, [day.failed for day in days]),
            ],
        ),
        _chart(
            "Segments sent per day",
            "bar",
            labels,
            [_bars("Segments", _TEAL, [day.segments for day in days])],
        ),
        _chart(
            "Delivered per day, in %",
            "line",
            labels,
            [_line("Delivered %", _BLUE, [day.delivered_percent for day in days])],
            top=100,
        ),
    ]


def _bars(label: str, color: str, values: Sequence[int]) -> dict[str, Any]:
    return {"label": label, "data": values, "backgroundColor": color, "maxBarThickness": 28}


def _line(label: str, color: str, values: Sequence[int | None]) -> dict[str, Any]:
    return {
        "label": label,
        "data": values,
        "borderColor": color,
        "backgroundColor": color,
        "spanGaps": True,
        "clip": False,  # or a line along the top is half as thick
        "pointRadius": 3,
    }


def _chart(
    title: str,
    kind: str,
    labels: Sequence[str],
    datasets: Sequence[dict[str, Any]],
    *,
    top: int | None = None,
) -> Chart:
    ticks = {"color": _GREY}
    y = {"stacked": True, "beginAtZero": True, "ticks": {**ticks, "precision": 0}, "grid": {}}
    options = {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "plugins": {
            "legend": {
                "display": len(datasets) > 1,
                "position": "bottom",
                "labels": {**ticks, "boxWidth": 12, "boxHeight": 12},
            }
        },
        "scales": {
            "x": {
                "stacked": True,
                "grid": {"display": False},
                "ticks": {**ticks, "maxRotation": 0, "autoSkipPadding": 12},
            },
            "y": {**y, "max": top} if top else y,
        },
    }
    return Chart(
        title=title,
        kind=kind,
        data=json.dumps({"labels": labels, "datasets": datasets}),
        options=json.dumps(options),
    )
