"""The adapter: our values in, Bandwidth's requests out, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from providers.bandwidth import listing, media, sending, transport, webhooks
from providers.bandwidth.answers import Answer, problem
from providers.bandwidth.auth import sign_in
from providers.bandwidth.codes import lookup
from providers.base import Provider
from providers.basic_auth import check_basic
from providers.errors import (
    AccountProblem,
    MediaUnavailable,
    MessageRejected,
    ProviderError,
    QueueFull,
    TemporaryFailure,
)
from providers.types import (
    Account,
    AuthMethod,
    Explanation,
    FailureReason,
    FoundMessage,
    ListedPart,
    MediaFile,
    OutboundMessage,
    ProviderEvent,
    SendResult,
    WebhookCredentials,
    WebhookItem,
)

BASE_URL = "https://messaging.bandwidth.com/api/v2"
TOKEN_URL = "https://api.bandwidth.com/api/v1/oauth2/token"  # noqa: S105 - an address


class BandwidthProvider(Provider):
    """One Bandwidth account at work."""

    slug: ClassVar[str] = "bandwidth"
    label: ClassVar[str] = "Bandwidth"

    def __init__(
        self,
        account: Account,
        *,
        base_url: str = BASE_URL,
        token_url: str = TOKEN_URL,
        timeout: tuple[float, float] = (3.05, 15),
    ) -> None:
        super().__init__(account)
        self._root = f"{base_url.rstrip('/')}/users/{quote(account.account_id, safe='')}"
        self._timeout = timeout
        self._auth = sign_in(account, token_url=token_url, timeout=timeout)
        self._session_key = (base_url, account.account_id, account.username)
        is_oauth = account.auth_method is AuthMethod.OAUTH2
        self._signed_in_by = "client ID and secret" if is_oauth else "username and password"

    def send(self, message: OutboundMessage) -> SendResult:
        """Post the message once; no second request without certainty about the first."""
        answer = self._call(
            "POST",
            f"{self._root}/messages",
            headers={"Content-Type": "application/json; charset=utf-8"},
            body=sending.request_body(message, application_id=self.account.application_id),
            is_repeatable=False,
        )
        if answer.is_success:
            return sending.read_result(answer)
        raise self._refused(answer)

    def upload_media(self, file: MediaFile, *, name: str) -> str:
        """Put the file under a name nobody else uses: Bandwidth overwrites silently."""
        url = f"{self._root}/media/{quote(name, safe='/')}"
        answer = self._call(
            "PUT",
            url,
            headers={"Content-Type": file.content_type or "application/octet-stream"},
            body=file.content,
        )
        if answer.is_success:
            return url
        error = self._refused(answer)
        if isinstance(error, MessageRejected):
            raise MessageRejected(
                error.detail, error_code=error.error_code, reason=FailureReason.MEDIA
            )
        raise error

    def fetch_media(self, url: str) -> MediaFile:
        """Download the account's own media, 5 MB and a minute at most."""
        if not media.is_own(url, root=self._root):
            raise MediaUnavailable("The attachment is not in this account's media at Bandwidth.")
        try:
            answer = self._call(
                "GET",
                url,
                headers={"Accept-Encoding": "identity"},
                limit=media.SIZE_LIMIT,
                seconds=media.SECONDS_LIMIT,
            )
        except transport.BodyTooLarge:
            raise MediaUnavailable("The attachment is larger than 5 MB.") from None
        if answer.is_success:
            return media.read_file(answer, url)
        error = self._problem(answer)
        if isinstance(error, MessageRejected) or answer.status in {301, 302, 303, 307, 308, 404}:
            raise MediaUnavailable(
                "The attachment is no longer at Bandwidth.", error_code=error.error_code
            )
        raise error

    def delete_media(self, url: str) -> None:
        """Delete the account's own media; what is gone already is no error."""
        if not media.is_own(url, root=self._root):
            raise AccountProblem("The file is not in this account's media at Bandwidth.")
        answer = self._call("DELETE", url)
        if not answer.is_success and answer.status not in {404, 410}:
            raise self._settled(self._problem(answer))

    def find_message(self, provider_message_id: str) -> FoundMessage | None:
        """Ask Bandwidth's list, which reaches back 14 days."""
        answer = self._list({"messageId": provider_message_id})
        if not answer.is_success:
            raise self._settled(self._problem(answer))
        return listing.read_found(answer, provider_message_id)

    def find_sent(
        self, sender: str, recipient: str, *, since: datetime, until: datetime
    ) -> tuple[ListedPart, ...]:
        """Ask Bandwidth's list by both numbers; its filters also take parts of numbers."""
        filters = {
            "messageDirection": "OUTBOUND",
            "sourceTn": sender,
            "destinationTn": recipient,
            "fromDateTime": listing.timestamp(since),
            "toDateTime": listing.timestamp(until),
        }

        def ask(more: Mapping[str, str]) -> Answer:
            answer = self._list({**filters, **more})
            if not answer.is_success:
                raise self._settled(self._problem(answer))
            return answer

        return tuple(
            part
            for part in listing.read_pages(ask)
            if (part.sender, part.recipient) == (sender, recipient)
        )

    def check_credentials(self) -> str:
        """List a minute of messages, which changes nothing and needs every right but sending."""
        since = datetime.now(UTC) - timedelta(minutes=1)
        answer = self._list({"fromDateTime": listing.timestamp(since), "limit": "1"})
        if not answer.is_success:
            raise self._settled(self._problem(answer))
        return (
            f"Bandwidth accepts the {self._signed_in_by} for account {self.account.account_id}. "
            "It checks the application ID only when a message is sent."
        )

    @staticmethod
    def explain(error_code: str) -> Explanation:
        """Say what a delivery code means; unknown ones by Bandwidth's numbering scheme."""
        error = lookup(error_code)
        return Explanation(
            reason=error.reason, text=error.sentence, registration=error.registration
        )

    @staticmethod
    def authenticate_webhook(
        headers: Mapping[str, str], accepted: Sequence[WebhookCredentials]
    ) -> None:
        """Check Basic credentials: Bandwidth signs its messaging webhooks in no other way."""
        check_basic(headers, accepted)

    @staticmethod
    def split_webhook(body: bytes) -> list[WebhookItem]:
        """Split the array, or take the bare object older accounts send."""
        return webhooks.split(body)

    @staticmethod
    def parse_webhook(payload: bytes) -> ProviderEvent:
        """Interpret one stored event."""
        return webhooks.parse(payload)

    def _list(self, filters: Mapping[str, str]) -> Answer:
        return self._call("GET", f"{self._root}/messages", params=filters)

    def _call(self, method: str, url: str, *, is_repeatable: bool = True, **options: Any) -> Answer:
        if not self.account.account_id:
            raise AccountProblem("The account ID is missing.")
        return transport.exchange(
            method,
            url,
            auth=self._auth,
            timeout=self._timeout,
            account_key=self._session_key,
            is_repeatable=is_repeatable,
            secrets=[self.account.password],
            **options,
        )

    def _refused(self, answer: Answer) -> ProviderError:
        """Tell a full queue from other refusals of a message or its files."""
        error = self._problem(answer)
        if answer.status != 429:
            return error
        return QueueFull(error.detail, error_code=error.error_code, retry_after=answer.retry_after)

    def _problem(self, answer: Answer) -> ProviderError:
        error = problem(answer, account_id=self.account.account_id, signed_in_by=self._signed_in_by)
        secret = self.account.password
        if secret and secret in error.detail:
            error.detail = error.detail.replace(secret, "…")
            error.args = (error.detail,)
        return error

    @staticmethod
    def _settled(error: ProviderError) -> AccountProblem | TemporaryFailure:
        """Where no message is at stake, a refused request means the account is set up wrong."""
        if isinstance(error, AccountProblem | TemporaryFailure):
            return error
        return AccountProblem(error.detail, error_code=error.error_code)
