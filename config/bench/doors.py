"""The bench's tenants as their carrier knows them: numbers, webhook addresses, credentials."""

from __future__ import annotations

from dataclasses import dataclass

APPLICATION_ID = "93de2206-9669-4e07-948d-329f4b722ee2"
CALLBACK = ("bandwidth", "callback-password")
FIRST_NUMBER = 2_025_550_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One tenant's webhook address and number."""

    slug: str
    number: str
    path: str


def schema_of(place: int) -> str:
    """Name the schema of the tenant at a place, from 1."""
    return f"t_bench_{place:04}"


def door(place: int) -> Door:
    """Return the webhook address and number of the tenant at a place, from 1."""
    return Door(
        slug=f"bench-{place:04}",
        number=f"+1{FIRST_NUMBER + place}",
        path=f"/webhook/bandwidth/sms/{token(place)}",
    )


def token(place: int) -> str:
    """Return the secret part of the webhook address."""
    return f"bench-webhook-token-{place:04}"
