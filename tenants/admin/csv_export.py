"""Rows as a CSV file that is sent while it is read."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

from tenants.cells import safe


class _Line:
    """File of one line: the writer's last."""

    def write(self, text: str) -> str:
        return text


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
        yield writer.writerow([safe("" if value is None else str(value)) for value in row])
