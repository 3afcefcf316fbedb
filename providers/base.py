"""The contract each carrier's adapter fulfils."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from providers.types import (
    Account,
    Explanation,
    FoundMessage,
    ListedPart,
    MediaFile,
    OutboundMessage,
    ProviderEvent,
    SendResult,
    WebhookCredentials,
    WebhookItem,
)


class Provider(ABC):
    """One carrier account at work. Instances are cheap; HTTP sessions are shared per account."""

    slug: ClassVar[str]
    label: ClassVar[str]

    def __init__(self, account: Account) -> None:
        self.account = account

    @abstractmethod
    def send(self, message: OutboundMessage) -> SendResult:
        """Hand the message over once.

        Raises TemporaryFailure, MessageRejected, AccountProblem or OutcomeUnknown.
        """

    @abstractmethod
    def upload_media(self, file: MediaFile, *, name: str) -> str:
        """Store the file at the carrier and return the URL to send it by.

        Raises TemporaryFailure, MessageRejected or AccountProblem.
        """

    @abstractmethod
    def fetch_media(self, url: str) -> MediaFile:
        """Download an inbound attachment; credentials go to the account's own media only.

        Raises MediaUnavailable, TemporaryFailure or AccountProblem.
        """

    @abstractmethod
    def delete_media(self, url: str) -> None:
        """Remove an uploaded file; a file that is already gone is no error.

        Raises TemporaryFailure or AccountProblem.
        """

    @abstractmethod
    def find_message(self, provider_message_id: str) -> FoundMessage | None:
        """Look the message up in the carrier's list; None when it is not there.

        Raises TemporaryFailure or AccountProblem.
        """

    @abstractmethod
    def find_sent(
        self, sender: str, recipient: str, *, since: datetime, until: datetime
    ) -> tuple[ListedPart, ...]:
        """List what this account sent from one number to another in a span of time.

        The list knows neither texts nor tags: whose each is, its caller has to find out. Raises
        TemporaryFailure (also when it is too long to be read to its end) or AccountProblem.
        """

    @abstractmethod
    def check_credentials(self) -> str:
        """Ask the carrier whether it takes the credentials, and return a sentence that says so.

        Raises AccountProblem (what is wrong, plainly) or TemporaryFailure.
        """

    @staticmethod
    @abstractmethod
    def explain(error_code: str) -> Explanation:
        """Say what one of the carrier's delivery codes means, whether it is known or not."""

    @staticmethod
    @abstractmethod
    def authenticate_webhook(
        headers: Mapping[str, str], accepted: Sequence[WebhookCredentials]
    ) -> None:
        """Check the request's credentials in constant time; no accepted credentials = open.

        `headers` has lower-case names. Raises WebhookUnauthorized.
        """

    @staticmethod
    @abstractmethod
    def split_webhook(body: bytes) -> list[WebhookItem]:
        """Split a webhook body into its events without judging them; MOST_EVENTS + 1 are enough.

        Raises WebhookMalformed when the body is not JSON.
        """

    @staticmethod
    @abstractmethod
    def parse_webhook(payload: bytes) -> ProviderEvent:
        """Interpret one stored event.

        Raises WebhookMalformed when a field that routing needs is absent or of a wrong type.
        """
