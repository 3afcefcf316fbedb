"""Storing a request's events before it is answered, and ringing for the router."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import connection

from providers import bell, rows
from providers.committer import committer
from providers.rows import Row


def store(events: Sequence[Row]) -> None:
    """Return when the events are committed.

    Without a deadline the caller's own connection and transaction are used. Raises NotStored, or
    without a deadline what the database raises.
    """
    patience: float | None = settings.WEBHOOK_DEADLINE
    if patience is not None:
        committer(patience).store(events)
        return
    with connection.cursor() as cursor:
        for chunk in rows.chunks(events):
            values = [value for row in chunk for value in row]
            cursor.execute(rows.inline(len(chunk)), values)
    bell.ring()
