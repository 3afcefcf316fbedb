"""From one route of an outbound rule to the next, where the message was certainly not sent."""

from __future__ import annotations

from messaging.models import Message
from messaging.outbound.way import Way
from providers.errors import AccountProblem, MessageRejected, ProviderError, TemporaryFailure
from providers.types import FailureReason

# What another account or sender may do better. All else is about the text or who gets it.
_OF_THE_ACCOUNT = {
    FailureReason.ACCOUNT,
    FailureReason.INVALID_SENDER,
    FailureReason.UNREGISTERED,
}


def goes_on(way: Way, error: ProviderError) -> bool:
    """Tell whether the next route is to be tried; never where the outcome is not known."""
    if not way.next_position:
        return False
    match error:
        case TemporaryFailure() | AccountProblem():
            return True
        case MessageRejected():
            return error.reason in _OF_THE_ACCOUNT
        case _:
            return False


def sum_up(error: ProviderError, *, hopeful: bool) -> ProviderError:
    """Return what a round of routes ended with, of which the last one failed by `error`.

    `hopeful`: another may work again later, so the message waits for that.
    """
    ended_for_good = isinstance(error, AccountProblem) or (
        isinstance(error, MessageRejected) and error.reason in _OF_THE_ACCOUNT
    )
    if hopeful and ended_for_good:
        return TemporaryFailure(error.detail, error_code=error.error_code)
    return error


def note_way(message: Message, way: Way) -> None:
    """Keep what the claimed message is dialed as; files go to an account anew."""
    account = way.line.configuration
    if message.configuration_id != (account.pk if account else None):
        message.attachments.update(provider_url="")
    if way.rule is None and message.outbound_rule_id is None:
        return
    for number, dialed in zip(way.numbers, way.dialed, strict=True):
        message.recipients.filter(number=number).update(dialed="" if dialed == number else dialed)
