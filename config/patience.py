"""How long the web process waits for PostgreSQL before it gives a page up.

Its threads are few: a handful of slow statements would keep everybody out. Workers and migrations
take the time that they need.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import psycopg
from django.db.backends.signals import connection_created

# A server that stands still keeps none of its own limits: so much later it is left.
_GRACE = 5.0


def limit(seconds: float) -> None:
    """Bound the statements of connections made from now on; 0 = not at all."""
    if seconds <= 0:
        return

    def made(connection: Any, **_: object) -> None:
        bound(connection.connection, seconds=seconds)

    connection_created.connect(made, weak=False, dispatch_uid=__name__)


def bound(raw: psycopg.Connection[Any], *, seconds: float) -> None:
    """Have statements that take longer raise OperationalError; `tenants.views.broken` answers."""
    most = round(seconds * 1000)
    # Not as options of connecting: PgBouncer refuses those.
    raw.execute(
        f"SET statement_timeout = {most}; SET lock_timeout = {max(1, most // 3)};"
        # Starting helpers costs more than they save a page, and takes the cores of the others.
        " SET max_parallel_workers_per_gather = 0".encode()
    )
    raw.wait = partial(_wait, raw, raw.wait, seconds + _GRACE)  # type: ignore[method-assign]


def _wait(raw: psycopg.Connection[Any], wait: Any, most: float, gen: Any, **options: Any) -> Any:
    try:
        return wait(gen, **{"timeout": most, **options})
    except psycopg.OperationalError:
        if raw.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
            # In the middle of an answer: no use for anything any more, not even to roll back.
            raw.pgconn.finish()
        raise
