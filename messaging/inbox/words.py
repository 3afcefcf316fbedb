"""What the thread says of a message's fate."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format

from messaging.models import Message, OptOut
from messaging.models.message import Status
from providers.types import FailureReason

# Icon and words of each status.
SHOWN: dict[str, tuple[str, str]] = {
    Status.RECEIVED: ("", ""),
    Status.SCHEDULED: ("clock", "Scheduled"),
    Status.QUEUED: ("clock", "Queued"),
    Status.SENDING: ("clock", "Sending"),
    Status.SENT: ("check", "Sent"),
    Status.UNCONFIRMED: ("question", "Not confirmed"),
    Status.DELIVERED: ("checks", "Delivered"),
    Status.FAILED: ("alert", "Failed"),
    Status.CANCELED: ("stop", "Canceled"),
}

_UNCONFIRMED = "The carrier gave no final answer. It may have arrived."
_UNTOLD = "It was not sent, and the carrier gave no reason."
# Used where the carrier's own sentence is missing.
_REASONS: dict[str, str] = {
    FailureReason.INVALID_SENDER: "The number it was sent from cannot send texts.",
    FailureReason.INVALID_RECIPIENT: "This number does not exist or takes no texts.",
    FailureReason.UNREACHABLE: "The phone could not be reached.",
    FailureReason.OPTED_OUT: "The recipient has opted out.",
    FailureReason.SPAM: "The carrier took it for spam.",
    FailureReason.BLOCKED: "The carrier blocked it.",
    FailureReason.UNREGISTERED: "The number it was sent from is not registered for texting.",
    FailureReason.RATE_LIMITED: "Too many texts were sent in a short time.",
    FailureReason.CONTENT: "The carrier cannot carry this text.",
    FailureReason.MEDIA: "A picture or file could not be sent.",
    FailureReason.EXPIRED: "It could not be sent in time.",
    FailureReason.ACCOUNT: "The carrier account refused it. Ask an admin to check its settings.",
    FailureReason.CARRIER: "Something failed inside the carrier's network.",
    FailureReason.REJECTED: "The carrier refused it.",
}

_OPTED_OUT: dict[str, str] = {
    OptOut.Source.KEYWORD: "{name} replied STOP. You can't send until they text START.",
    OptOut.Source.CARRIER: "{name} opted out at the carrier. You can't send until they text START.",
    OptOut.Source.MANUAL: "{name} is on the opt-out list. An admin can take them off it.",
    OptOut.Source.IMPORT: "{name} is on the opt-out list. An admin can take them off it.",
}

_HOW: dict[str, str] = {
    OptOut.Source.KEYWORD: "they texted STOP",
    OptOut.Source.CARRIER: "the carrier told",
    OptOut.Source.MANUAL: "an admin entered it",
    OptOut.Source.IMPORT: "it was in an imported list",
}


def explanation(message: Message) -> str:
    """Say why a message failed or stayed unconfirmed; "" for all others."""
    if message.status == Status.UNCONFIRMED:
        return message.error_text or _UNCONFIRMED
    if message.status != Status.FAILED:
        return ""
    return message.error_text or _REASONS.get(message.failure_reason, _UNTOLD)


def opted_out(name: str, source: str) -> str:
    """Say that and why somebody cannot be texted."""
    return _OPTED_OUT[source].format(name=name)


def opted_out_since(source: str, at: datetime) -> str:
    """Say how and on which day somebody opted out."""
    local = timezone.localtime(at)
    return f"Opted out {date_format(local, 'j M Y')}: {_HOW[source]}."
