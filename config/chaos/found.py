"""What there is afterwards, in the portal and at the carrier, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from config.chaos.ledger import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A message's file; the digest is of what can be read, "" = nothing can."""

    state: str
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A message of the portal."""

    id: str
    slug: str
    direction: str
    status: str
    ours: str
    others: str
    text: str
    carriers_id: str = ""
    is_being_settled: bool = False  # the carrier's list is still to be asked
    files: tuple[File, ...] = ()
    more: Mapping[str, Any] = field(
        default_factory=dict
    )  # ages and words, for who looks for a cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A conversation of the portal, with what its row says of its messages, and they do."""

    slug: str
    ours: str
    others: str
    said: Mapping[str, Any]
    counted: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A message that the carrier has taken from us."""

    tag: str
    carriers_id: str
    slug: str
    to: str
    text: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All of it."""

    rows: Sequence[Row] = ()
    threads: Sequence[Thread] = ()
    carried: Sequence[Carried] = ()
    # The states of each event's rows in the webhook inbox.
    inbox: Mapping[Event, Sequence[str]] = field(default_factory=dict)
