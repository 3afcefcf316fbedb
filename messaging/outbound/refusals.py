"""Saying no to a person who wants to send, before anything is stored."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum


class Refusal(StrEnum):
    """Codes that programs may rely on; the sentence beside them is for people."""

    MESSAGING_DISABLED = "messaging_disabled"
    NOT_ALLOWED = "not_allowed"  # the extension may not send
    INVALID_SENDER = "invalid_sender"  # not a number of theirs
    SENDER_DISABLED = "sender_disabled"
    NO_SENDER = "no_sender"
    NO_ACCOUNT = "no_account"
    UNREGISTERED = "unregistered"
    NO_RECIPIENTS = "no_recipients"
    INVALID_RECIPIENT = "invalid_recipient"
    TOO_MANY_RECIPIENTS = "too_many_recipients"
    NO_GROUP = "no_group"
    OPTED_OUT = "opted_out"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    INVALID_MEDIA = "invalid_media"
    MEDIA_NOT_READY = "media_not_ready"
    MEDIA_TOO_LARGE = "media_too_large"
    INVALID_STATE = "invalid_state"
    CONFIRM_NEEDED = "confirm_needed"  # it may arrive twice: say that you know
    INVALID_TIME = "invalid_time"
    EXPIRED = "expired"  # its time ran out before it could be sent


class SendRefused(Exception):
    """Nothing was sent or stored; `text` is a sentence that says what to do."""

    def __init__(self, code: Refusal, text: str) -> None:
        super().__init__(text)
        self.code: str = code.value
        self.text = text


class Postponed(Exception):
    """Not now, and nothing is wrong: the message stays queued until `until`.

    `text` is a sentence for its timeline; "" where the wait is too short to speak of.
    """

    def __init__(self, until: datetime, text: str = "") -> None:
        super().__init__(text)
        self.until = until
        self.text = text


class NotWanted(Exception):
    """Nobody wants the queued message to be sent any more: it is canceled, and `text` says why."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
