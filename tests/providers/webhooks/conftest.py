"""PostgreSQL past the test's transaction, for those that commit by connections of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from providers import bell
from tests.providers.webhooks.own_rows import MARK
from tests.providers.webhooks.wire import Floor

Query = Callable[..., list[Any]]


@pytest.fixture
def query(db: None) -> Iterator[Query]:
    """Ask PostgreSQL past the test's transaction."""
    parameters = connection.get_connection_params()
    with psycopg.connect(**parameters, autocommit=True) as other:

        def ask(sql: str, *values: Any) -> list[Any]:
            cursor = other.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

        yield ask
        other.execute("DELETE FROM public.providers_webhookevent WHERE provider = %s", [MARK])


@pytest.fixture
def stored(query: Query) -> Callable[[], list[str]]:
    def types() -> list[str]:
        sql = "SELECT type FROM public.providers_webhookevent WHERE provider = %s ORDER BY id"
        return [kind for (kind,) in query(sql, MARK)]

    return types


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    rings: list[bool] = []
    monkeypatch.setattr(bell, "ring", lambda: rings.append(True))
    return rings


@pytest.fixture
def cut_idle(query: Query) -> Callable[[], bool]:
    """Have PostgreSQL end what writes the inbox and is idle, and tell whether there was any."""

    own = connection.connection.info.backend_pid

    def cut() -> bool:
        ended = query(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE query LIKE '%%providers_webhookevent%%' AND datname = current_database()"
            " AND pid NOT IN (pg_backend_pid(), %s) AND state = 'idle'",
            own,
        )
        return (True,) in ended

    return cut


@pytest.fixture
def floor() -> Floor:
    return Floor()
