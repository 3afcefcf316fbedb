"""The webhook inbox as it is written: one row's values, and the statement for many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from psycopg import postgres

# A statement carries no more than this; what a carrier sends at once is far less.
MOST_ROWS = 64

_BIGINT = postgres.types["int8"].oid
_TEXT = postgres.types["text"].oid
_BYTES = postgres.types["bytea"].oid
_TYPES = (_TEXT, _BIGINT, _BIGINT, _BYTES, _TEXT, _BYTES)
_WIDTH = len(_TYPES)


class Row(NamedTuple):
    """Values of an event to store, in the order of the statement."""

    provider: str
    endpoint_id: int | None
    tenant_id: int | None
    dedupe_key: bytes
    type: str
    payload: bytes


def statement(places: Sequence[str]) -> str:
    """Return the INSERT with these placeholders; a key that is stored already is passed over."""
    rows = (places[start : start + _WIDTH] for start in range(0, len(places), _WIDTH))
    values = ", ".join(f"({', '.join(row)}, 'pending', 0, '')" for row in rows)
    return (
        "INSERT INTO public.providers_webhookevent"  # noqa: S608  # placeholders, no values
        " (provider, endpoint_id, tenant_id, dedupe_key, type, payload, state, attempts, error)"
        f" VALUES {values} ON CONFLICT (dedupe_key) DO NOTHING"
    )


def numbered(count: int) -> bytes:
    """Return the statement of so many rows as PostgreSQL prepares it."""
    return statement([f"${place}" for place in range(1, count * _WIDTH + 1)]).encode()


def inline(count: int) -> str:
    """Return the statement of so many rows as a cursor takes it."""
    return statement(["%s"] * count * _WIDTH)


def types(count: int) -> list[int]:
    """Return the types of the parameters of so many rows."""
    return [*_TYPES] * count


def parameters(rows: Iterable[Row]) -> list[bytes | None]:
    """Write the values as PostgreSQL keeps them."""
    values: list[bytes | None] = []
    for provider, endpoint_id, tenant_id, dedupe_key, kind, payload in rows:
        values += (
            _text(provider),
            _bigint(endpoint_id),
            _bigint(tenant_id),
            dedupe_key,
            kind.encode(),
            payload,
        )
    return values


def chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Cut into what one statement takes."""
    for start in range(0, len(rows), MOST_ROWS):
        yield rows[start : start + MOST_ROWS]


@lru_cache(maxsize=1000)
def _bigint(value: int | None) -> bytes | None:
    return None if value is None else value.to_bytes(8, signed=True)


@lru_cache(maxsize=100)
def _text(value: str) -> bytes:
    return value.encode()
