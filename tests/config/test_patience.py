"""A page that PostgreSQL keeps waiting is given up, and says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from config import patience
from messaging import search


@pytest.fixture
def other(db: None) -> Iterator[Any]:
    """Yield a further connection."""
    made: Any = connection.copy()
    made.connect()
    yield made
    made.close()


def test_a_slow_statement_is_given_up_and_the_connection_lives(other: Any) -> None:
    patience.bound(other.connection, seconds=0.05)
    with other.cursor() as cursor:
        with pytest.raises(OperationalError, match="statement timeout"):
            cursor.execute("SELECT pg_sleep(60)")
        cursor.execute("SHOW max_parallel_workers_per_gather")
        assert cursor.fetchone() == ("0",)


def test_a_server_that_stands_still_is_left(other: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_GRACE", 0)
    patience.bound(other.connection, seconds=0.05)
    with other.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        with pytest.raises(OperationalError):
            cursor.execute("SELECT pg_sleep(60)")
    assert other.connection.closed


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/t/acme/inbox/rows/?q=hello", b"This took too long"),
        ("/t/acme/api/v1/conversations/?q=hello", b'"The database is busy'),
    ],
    ids=["page", "api"],
)
def test_who_asked_is_told(
    signed_in: Callable[..., Client],
    alice: Any,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    said: bytes,
) -> None:
    client = signed_in(alice)
    client.raise_request_exception = False

    def late(*_: object, **__: object) -> Any:
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr(search, "newest_hits", late)
    response = client.get(address)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert said in response.content
