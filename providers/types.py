"""Values that cross the boundary between Trunkline and a carrier."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class AuthMethod(StrEnum):
    """How an account signs in to the carrier's API."""

    OAUTH2 = "oauth2"  # client credentials: username = client ID, password = client secret
    BASIC = "basic"  # username + password, or API token + secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Carrier account that requests are made with; its repr never shows the password."""

    account_id: str
    application_id: str
    auth_method: AuthMethod
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """Message to hand to the carrier. Numbers in E.164; `tag` comes back in every receipt."""

    sender: str
    recipients: tuple[str, ...]
    text: str
    tag: str
    media_urls: tuple[str, ...] = ()
    priority: str = ""  # "" | "default" | "high"
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What the carrier said when it accepted a message (accepted is not delivered)."""

    provider_message_id: str
    segment_count: int
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """Text or pictures that came in for one of our numbers."""

    provider_message_id: str
    our_number: str
    sender: str
    recipients: tuple[str, ...]  # everybody addressed, our number included
    text: str
    media_urls: tuple[str, ...]
    segment_count: int
    application_id: str
    sent_at: datetime | None
    raw: Mapping[str, Any]


class ReceiptStatus(StrEnum):
    """What a receipt says of one recipient, in rising order but for `failed`."""

    SENDING = "sending"
    SENT = "sent"
    UNCONFIRMED = "unconfirmed"  # the carrier gives no final answer: not proof of failure
    DELIVERED = "delivered"
    FAILED = "failed"


class FailureReason(StrEnum):
    """Why a message failed, in our words; the carrier's code is kept beside it verbatim."""

    INVALID_SENDER = "invalid_sender"  # the from number is wrong, foreign or not enabled
    INVALID_RECIPIENT = "invalid_recipient"  # the to number does not exist or takes no texts
    UNREACHABLE = "unreachable"  # handset off, roaming without route, carrier down
    OPTED_OUT = "opted_out"  # the recipient said STOP
    SPAM = "spam"  # content or volume was taken for spam
    BLOCKED = "blocked"  # sender or recipient is barred
    UNREGISTERED = "unregistered"  # 10DLC campaign, toll-free verification or short code missing
    RATE_LIMITED = "rate_limited"  # a carrier's volume cap was reached
    CONTENT = "content"  # encoding, length or shape of the text
    MEDIA = "media"  # an attachment is too large, unsupported or unavailable
    EXPIRED = "expired"  # not sent before its time ran out
    ACCOUNT = "account"  # credentials, permissions or funds of the carrier account
    CARRIER = "carrier"  # a fault inside the carrier's network
    REJECTED = "rejected"  # refused without a reason we know
    UNKNOWN = "unknown"


class RegistrationFinding(StrEnum):
    """What an error tells of the sender's 10DLC campaign or toll-free verification."""

    PENDING = "pending"  # in order at some carriers only, or not in order yet
    REJECTED = "rejected"  # every text from the number is blocked


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a carrier's error code means."""

    reason: FailureReason
    text: str  # a sentence for people
    registration: RegistrationFinding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReceipt:
    """What the carrier says became of an outbound message, for one recipient."""

    provider_message_id: str
    tag: str
    recipient: str
    status: ReceiptStatus
    sender: str = ""  # our number the message went from
    application_id: str = ""
    occurred_at: datetime | None = None
    error_code: str = ""  # the carrier's own, verbatim
    error_text: str = ""  # a sentence for people
    failure_reason: FailureReason | None = None
    registration: RegistrationFinding | None = None  # of the sender, where the code tells of it
    retryable: bool = False  # the carrier's rules allow sending the same message once more
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent:
    """Event that is stored but asks for nothing, such as a read receipt."""

    type: str
    raw: Mapping[str, Any]


ProviderEvent = InboundMessage | DeliveryReceipt | UnknownEvent


# Carriers send one event at a time, rarely some. What a body can hold of tiny ones would keep all
# others waiting; an adapter that finds more stops reading after one more.
MOST_EVENTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookItem:
    """One event of a webhook body, identified but not yet interpreted.

    `type`, `message_id` and `recipient` make the event's identity; "" where it has none.
    """

    type: str
    message_id: str
    recipient: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """Attachment's bytes with the type the carrier gave it."""

    content: bytes = field(repr=False)
    content_type: str
    filename: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPart:
    """Row of the carrier's own list: an outbound message as far as one recipient goes."""

    provider_message_id: str
    sender: str
    recipient: str
    status: ReceiptStatus
    error_code: str = ""
    taken_at: datetime | None = None  # when the carrier took the message


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMessage:
    """State of an outbound message in the carrier's own list."""

    provider_message_id: str
    status: ReceiptStatus
    error_code: str = ""
    parts: tuple[ListedPart, ...] = ()  # one for each recipient the list names
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCredentials:
    """Basic credentials a carrier must present; several may be valid while they are rotated.

    Kept as a digest: they are compared with what is presented, and never read.
    """

    username: InitVar[str]
    password: InitVar[str]
    digest: bytes = field(init=False, repr=False)

    def __post_init__(self, username: str, password: str) -> None:
        joined = f"{username}:{password}".encode("utf-8", "surrogatepass")
        object.__setattr__(self, "digest", hashlib.sha256(joined).digest())
