"""Everything the simulated carrier remembers, until it stops."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from providers.simulator.settings import SimulatedAccount

MESSAGES_KEPT = 20_000
MEDIA_KEPT = 500


@dataclass(slots=True, kw_only=True)
class Leg:
    """One recipient's part of a message."""

    number: str
    status: str
    error_code: int = 0


@dataclass(slots=True, kw_only=True)
class StoredMessage:
    """Message in either direction."""

    id: str
    account_id: str
    application_id: str
    direction: str  # "in" | "out"
    owner: str
    sender: str
    legs: list[Leg]
    text: str = ""
    media: list[str] = field(default_factory=list)
    tag: str | None = None
    priority: str = "default"
    expiration: str | None = None
    segment_count: int = 1
    number: int = 0  # grows with each message, for the handset to ask what is new
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def recipients(self) -> list[str]:
        """Everybody addressed."""
        return [leg.number for leg in self.legs]

    @property
    def is_mms(self) -> bool:
        """Whether it goes as MMS: any media, or a group."""
        return bool(self.media) or len(self.legs) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMedia:
    """Uploaded or received file."""

    content: bytes
    content_type: str


class Store:
    """Accounts, messages and media behind one lock."""

    def __init__(self, accounts: Iterable[SimulatedAccount]) -> None:
        self.lock = threading.RLock()
        self.accounts = {account.account_id: account for account in accounts}
        self.messages: OrderedDict[str, StoredMessage] = OrderedDict()
        self.media: OrderedDict[tuple[str, str], StoredMedia] = OrderedDict()
        self._count = 0

    def register(self, account: SimulatedAccount) -> None:
        """Add or replace an account."""
        with self.lock:
            self.accounts[account.account_id] = account

    def add_message(self, message: StoredMessage) -> None:
        """Remember a message, and forget the oldest beyond the limit."""
        with self.lock:
            self._count += 1
            message.number = self._count
            self.messages[message.id] = message
            if len(self.messages) > MESSAGES_KEPT:
                self.messages.popitem(last=False)

    def put_media(self, account_id: str, name: str, media: StoredMedia) -> None:
        """Store a file; the same name overwrites silently, as at Bandwidth."""
        with self.lock:
            self.media[account_id, name] = media
            if len(self.media) > MEDIA_KEPT:
                self.media.popitem(last=False)

    def media_of(self, account_id: str) -> list[tuple[str, StoredMedia]]:
        """List an account's files by name."""
        with self.lock:
            return sorted(
                (name, media) for (owner, name), media in self.media.items() if owner == account_id
            )

    def listed(self) -> list[StoredMessage]:
        """Copy the list of messages, oldest first."""
        with self.lock:
            return list(self.messages.values())

    def owner_of(self, number: str) -> SimulatedAccount | None:
        """Find the account one of our numbers belongs to."""
        with self.lock:
            return next((a for a in self.accounts.values() if number in a.numbers), None)
