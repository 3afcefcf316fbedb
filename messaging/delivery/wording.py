"""Plain words for what became of a message, wherever it is told to a person."""

from __future__ import annotations

from messaging.models import Message, MessageEvent
from messaging.models.message import Status
from providers.types import FailureReason

REASONS: dict[str, str] = {
    FailureReason.INVALID_SENDER.value: "Sender cannot text",
    FailureReason.INVALID_RECIPIENT.value: "Number takes no texts",
    FailureReason.UNREACHABLE.value: "Not reachable",
    FailureReason.OPTED_OUT.value: "Opted out",
    FailureReason.SPAM.value: "Taken for spam",
    FailureReason.BLOCKED.value: "Blocked",
    FailureReason.UNREGISTERED.value: "Sender not registered",
    FailureReason.RATE_LIMITED.value: "Too many in a short time",
    FailureReason.CONTENT.value: "Text cannot be carried",
    FailureReason.MEDIA.value: "Picture or file",
    FailureReason.EXPIRED.value: "Too late",
    FailureReason.ACCOUNT.value: "Carrier account",
    FailureReason.CARRIER.value: "Carrier's network",
    FailureReason.REJECTED.value: "Refused by the carrier",
    FailureReason.UNKNOWN.value: "Reason unknown",
}

_TOLD: dict[str, str] = {
    Status.RECEIVED: "Received",
    Status.SCHEDULED: "Scheduled to be sent later",
    Status.QUEUED: "Waiting to be sent",
    Status.SENDING: "Being handed to the carrier",
    Status.SENT: "Sent",
    Status.UNCONFIRMED: "Not confirmed: it may have arrived",
    Status.DELIVERED: "Delivered",
    Status.FAILED: "Failed",
    Status.CANCELED: "Canceled",
}


def told(event: MessageEvent) -> str:
    """Say what an entry of the timeline means, in one sentence."""
    words = event.detail.rstrip(".") or _TOLD[event.status]
    if event.detail and event.status in {Status.FAILED, Status.DELIVERED, Status.UNCONFIRMED}:
        label = Status(event.status).label
        words = f"{label}: {words}"
    return f"{words} (code {event.error_code})." if event.error_code else f"{words}."


def why(message: Message) -> str:
    """Say what is wrong with a message; "" = nothing."""
    return message.error_text or REASONS.get(message.failure_reason, "")
