"""Who follows `next` gets each row once, however many were written in one moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from messaging.models import ConsentEntry

BASE = "/t/acme/api/v1/"
_IMPORTED = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("start", ["", "&page=3"])
def test_each_line_of_the_ledger_is_met_once(
    api: Any, alice: Any, acme: Any, inside: Any, start: str
) -> None:
    with inside(acme):
        # More in one moment than DRF's own pages by cursor can tell apart.
        ConsentEntry.objects.bulk_create(
            ConsentEntry(
                at=_IMPORTED + timedelta(seconds=number // 1300),
                number=f"+1512555{number:04}",
                action="opt_out",
                source="import",
            )
            for number in range(1303)
        )
    admin = api(alice)
    met: list[str] = []
    url = f"{BASE}consent/?page_size=200{start}"
    for _ in range(9):
        page = admin.get(url).json()
        met += [row["number"] for row in page["results"]]
        url = page["next"]
        if not url:
            break
    skipped = 400 if "3" in start else 0
    assert (len(met), len(set(met)), url) == (1303 - skipped, 1303 - skipped, None)


@pytest.mark.parametrize("page", ["0", "x", "2", "9" * 400])
def test_a_page_that_is_not_there_is_told(api: Any, alice: Any, page: str) -> None:
    answer = api(alice).get(f"{BASE}messages/?page={page}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Invalid page."})
