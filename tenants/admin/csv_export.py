"""Rows as a CSV file that is sent while it is read."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

# What a spreadsheet program takes for a formula, and runs.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """File of one line: the writer's last."""

    def write(self, text: str) -> str:
        return text


def safe_cell(value: object) -> str:
    """Write a value so that a spreadsheet program shows it and does not run it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_response(
    filename: str, headers: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """Answer with the rows, one by one, however many there are."""
    return StreamingHttpResponse(
        _lines(headers, rows),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{filename}"',
            "Cache-Control": "no-store",
        },
    )


def _lines(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(headers)
    for row in rows:
        yield writer.writerow([safe_cell(value) for value in row])
