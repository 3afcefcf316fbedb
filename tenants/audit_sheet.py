"""The audit trail as a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import tzinfo
from typing import Any

from auditlog.models import LogEntry
from django.db.models import Q, QuerySet
from django.utils import timezone

from tenants import audit_words
from tenants.cells import safe

_CHUNK = 500
_HEADINGS = [
    "Time",
    "Who",
    "E-mail",
    "System admin",
    "API key",
    "Action",
    "Kind",
    "What",
    "Changes",
    "Reason",
    "IP address",
]


def sheet_lines(
    entries: QuerySet[LogEntry],
    *,
    entered: Callable[[], AbstractContextManager[Any]],
    zone: tzinfo,
) -> Iterator[str]:
    """Write the entries as CSV, newest first.

    Each chunk enters the schema by itself: a streamed answer is read when the request has left it.
    """
    yield "\ufeff" + _line(_HEADINGS)
    newest = entries.select_related("actor", "content_type").order_by("-timestamp", "-pk")
    last: LogEntry | None = None
    while True:
        rest = newest
        if last is not None:
            earlier = Q(timestamp__lt=last.timestamp)
            rest = newest.filter(earlier | Q(timestamp=last.timestamp, pk__lt=last.pk))
        with entered(), timezone.override(zone):
            chunk = list(rest[:_CHUNK])
            lines = [_line([safe(text) for text in _row(entry)]) for entry in chunk]
        yield from lines
        if len(chunk) < _CHUNK:
            return
        last = chunk[-1]


def _row(entry: LogEntry) -> list[str]:
    return [
        timezone.localtime(entry.timestamp).isoformat(sep=" ", timespec="seconds"),
        (entry.actor.name or entry.actor.email) if entry.actor else audit_words.who(entry),
        entry.actor_email or "",
        "yes" if audit_words.was_switched_in(entry) else "",
        audit_words.key_hint(entry),
        audit_words.action_name(entry.action),
        audit_words.kind_name(entry.content_type.model_class()),
        entry.object_repr,
        "; ".join(
            f"{change.label}: {change.told(entry.action)}"
            for change in audit_words.changes_of(entry)
        ),
        audit_words.reason(entry),
        entry.remote_addr or "",
    ]


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
