"""What can go wrong at a carrier, one class per reaction of the caller."""

from __future__ import annotations

from providers.types import FailureReason, RegistrationFinding


class ProviderError(Exception):
    """Root of everything an adapter raises; `detail` is a sentence fit to show to people."""

    def __init__(self, detail: str, *, error_code: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.error_code = error_code


class TemporaryFailure(ProviderError):
    """Nothing was sent: try again, after `retry_after` seconds when the carrier named a time."""

    def __init__(
        self, detail: str, *, error_code: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(detail, error_code=error_code)
        self.retry_after = retry_after


class QueueFull(TemporaryFailure):
    """Nothing was sent, for the account has too much to send: slow it down, and try again."""


class MessageRejected(ProviderError):
    """This message will never be accepted as it is: mark it failed and tell its author."""

    def __init__(
        self,
        detail: str,
        *,
        error_code: str = "",
        reason: FailureReason = FailureReason.REJECTED,
        registration: RegistrationFinding | None = None,
    ) -> None:
        super().__init__(detail, error_code=error_code)
        self.reason = reason
        self.registration = registration


class AccountProblem(ProviderError):
    """The account, not the message, is refused: mark it failed and tell an admin."""


class OutcomeUnknown(ProviderError):
    """The request may or may not have been accepted: never resend blindly."""


class MediaUnavailable(ProviderError):
    """The attachment cannot be fetched and will not be: stop trying."""


class WebhookUnauthorized(ProviderError):
    """The webhook's credentials are missing or wrong: answer 401 with a Basic challenge."""


class WebhookMalformed(ProviderError):
    """The body or event is not what the carrier documents: refuse it, or park it if stored."""
