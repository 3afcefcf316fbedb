"""Carrier in memory: for tests and for trying the portal out without any network."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from providers import exchanges
from providers.base import Provider
from providers.basic_auth import check_basic
from providers.errors import MediaUnavailable, ProviderError, WebhookMalformed
from providers.types import (
    Account,
    DeliveryReceipt,
    Explanation,
    FailureReason,
    FoundMessage,
    InboundMessage,
    ListedPart,
    MediaFile,
    OutboundMessage,
    ProviderEvent,
    ReceiptStatus,
    SendResult,
    UnknownEvent,
    WebhookCredentials,
    WebhookItem,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Message in the outbox, with the account it was sent by."""

    account: Account
    message: OutboundMessage
    provider_message_id: str
    at: datetime


@dataclass(slots=True)
class Memory:
    """What the carrier remembers; shared by every MemoryProvider until `reset`."""

    outbox: list[Sent] = field(default_factory=list)
    media: dict[str, MediaFile] = field(default_factory=dict)
    statuses: dict[str, ReceiptStatus] = field(default_factory=dict)
    errors: list[ProviderError] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fail_next(self, *errors: ProviderError) -> None:
        """Let the next calls raise these, one each."""
        with self.lock:
            self.errors.extend(errors)

    def reset(self) -> None:
        """Start afresh."""
        with self.lock:
            for store in (self.outbox, self.media, self.statuses, self.errors):
                store.clear()


class MemoryProvider(Provider):
    """Accepts everything and records it, unless `memory.fail_next` says otherwise."""

    slug: ClassVar[str] = "memory"
    label: ClassVar[str] = "Memory"
    memory: ClassVar[Memory] = Memory()

    def send(self, message: OutboundMessage) -> SendResult:
        """Put the message into the outbox."""
        request = json.dumps(
            {"from": message.sender, "to": list(message.recipients), "text": message.text}
        ).encode()
        self._note(request, status=None if self.memory.errors else 202)
        self._raise_planned()
        with self.memory.lock:
            message_id = f"memory-{len(self.memory.outbox) + 1}"
            self.memory.outbox.append(
                Sent(
                    account=self.account,
                    message=message,
                    provider_message_id=message_id,
                    at=datetime.now(UTC),
                )
            )
            self.memory.statuses[message_id] = ReceiptStatus.SENT
        return SendResult(provider_message_id=message_id, segment_count=1, raw={"id": message_id})

    def upload_media(self, file: MediaFile, *, name: str) -> str:
        """Keep the file."""
        self._raise_planned()
        url = f"{self._root}{name}"
        self.memory.media[url] = file
        return url

    def fetch_media(self, url: str) -> MediaFile:
        """Return a file of this account."""
        self._raise_planned()
        if not url.startswith(self._root) or url not in self.memory.media:
            raise MediaUnavailable("There is no such attachment in this account's media.")
        return self.memory.media[url]

    def delete_media(self, url: str) -> None:
        """Forget the file."""
        self._raise_planned()
        if url.startswith(self._root):
            self.memory.media.pop(url, None)

    def find_message(self, provider_message_id: str) -> FoundMessage | None:
        """Look into the outbox."""
        self._raise_planned()
        status = self.memory.statuses.get(provider_message_id)
        if status is None:
            return None
        sent = [s for s in self.memory.outbox if s.provider_message_id == provider_message_id]
        return FoundMessage(
            provider_message_id=provider_message_id,
            status=status,
            parts=tuple(part for each in sent for part in self._parts(each)),
        )

    def find_sent(
        self, sender: str, recipient: str, *, since: datetime, until: datetime
    ) -> tuple[ListedPart, ...]:
        """Look into the outbox."""
        self._raise_planned()
        return tuple(
            part
            for each in self.memory.outbox
            if each.account.account_id == self.account.account_id and since <= each.at <= until
            for part in self._parts(each)
            if (part.sender, part.recipient) == (sender, recipient)
        )

    def _parts(self, sent: Sent) -> list[ListedPart]:
        return [
            ListedPart(
                provider_message_id=sent.provider_message_id,
                sender=sent.message.sender,
                recipient=number,
                status=self.memory.statuses[sent.provider_message_id],
                taken_at=sent.at,
            )
            for number in sent.message.recipients
        ]

    def check_credentials(self) -> str:
        """Accept any credentials."""
        self._raise_planned()
        return f"The memory carrier accepts account {self.account.account_id}."

    @staticmethod
    def explain(error_code: str) -> Explanation:
        """Know no codes."""
        return Explanation(reason=FailureReason.UNKNOWN, text="The memory carrier gave no reason.")

    @staticmethod
    def authenticate_webhook(
        headers: Mapping[str, str], accepted: Sequence[WebhookCredentials]
    ) -> None:
        """Check Basic credentials."""
        check_basic(headers, accepted)

    @staticmethod
    def split_webhook(body: bytes) -> list[WebhookItem]:
        """Split an array of `{"type", "id", "to", ...}` objects."""
        events = _decode(body)
        try:
            return [_item(event) for event in (events if isinstance(events, list) else [events])]
        except RecursionError:
            raise WebhookMalformed("The body is nested too deeply.") from None

    @staticmethod
    def parse_webhook(payload: bytes) -> ProviderEvent:
        """Read `inbound` as a message and `receipt` as a receipt."""
        event = _decode(payload)
        kind = _text(event, "type")
        if kind == "inbound":
            return InboundMessage(
                provider_message_id=_required(event, "id"),
                our_number=_required(event, "to"),
                sender=_required(event, "from"),
                recipients=(_required(event, "to"),),
                text=_text(event, "text"),
                media_urls=(),
                segment_count=1,
                application_id="",
                sent_at=_moment(event),
                raw=event,
            )
        if kind == "receipt":
            try:
                status = ReceiptStatus(_required(event, "status"))
            except ValueError:
                raise WebhookMalformed("The receipt's status is unknown.") from None
            return DeliveryReceipt(
                provider_message_id=_required(event, "id"),
                tag=_text(event, "tag"),
                recipient=_required(event, "to"),
                status=status,
                occurred_at=_moment(event),
                raw=event,
            )
        if not kind:
            raise WebhookMalformed("The event has no type.")
        return UnknownEvent(type=kind, raw=event)

    @property
    def _root(self) -> str:
        return f"memory://{self.account.account_id}/"

    def _note(self, request: bytes, *, status: int | None) -> None:
        exchanges.note(
            "POST",
            f"{self._root}messages",
            request=request,
            status=status,
            response=b"",
            seconds=0,
            secrets=[self.account.password],
        )

    def _raise_planned(self) -> None:
        with self.memory.lock:
            planned = self.memory.errors.pop(0) if self.memory.errors else None
        if planned is not None:
            raise planned


def _item(event: object) -> WebhookItem:
    return WebhookItem(
        type=_text(event, "type"),
        message_id=_text(event, "id"),
        recipient=_text(event, "to"),
        payload=json.dumps(event).encode(),
    )


def _decode(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise WebhookMalformed("The body is not JSON.") from None


def _text(event: object, name: str) -> str:
    value = event.get(name) if isinstance(event, dict) else None
    return value if isinstance(value, str) else ""


def _required(event: object, name: str) -> str:
    value = _text(event, name)
    if not value:
        raise WebhookMalformed(f"The event has no usable `{name}`.")
    return value


def _moment(event: object) -> datetime | None:
    try:
        return datetime.fromisoformat(_text(event, "time"))
    except ValueError:
        return None
