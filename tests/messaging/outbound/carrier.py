"""A carrier that does what the test says, in place of the real adapter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from providers.bandwidth.provider import BandwidthProvider
from providers.errors import ProviderError
from providers.memory import MemoryProvider
from providers.types import (
    Account,
    Explanation,
    FoundMessage,
    ListedPart,
    MediaFile,
    OutboundMessage,
    SendResult,
)

Answer = Exception | str | Callable[[OutboundMessage], str]


class ScriptedCarrier(MemoryProvider):
    """Answers each send by the next entry of `script` (an id, an error, or a function).

    Its own list of messages holds what the test puts into `listed`, for every account.
    """

    slug = "bandwidth"
    label = "Scripted"
    script: ClassVar[list[Answer]] = []
    sent: ClassVar[list[OutboundMessage]] = []
    accounts: ClassVar[list[str]] = []
    uploads: ClassVar[list[tuple[str, MediaFile]]] = []
    upload_script: ClassVar[list[Exception]] = []
    listed: ClassVar[list[ListedPart]] = []
    list_script: ClassVar[list[ProviderError]] = []
    asked: ClassVar[list[str]] = []

    def __init__(self, account: Account, **options: object) -> None:
        super().__init__(account)

    @classmethod
    def reset(cls) -> None:
        for entries in (cls.script, cls.sent, cls.accounts, cls.uploads, cls.upload_script):
            entries.clear()
        for listed in (cls.listed, cls.list_script, cls.asked):
            listed.clear()

    def send(self, message: OutboundMessage) -> SendResult:
        self.sent.append(message)
        self.accounts.append(self.account.account_id)
        answer: Answer = self.script.pop(0) if self.script else f"id-{len(self.sent)}"
        if isinstance(answer, Exception):
            raise answer
        number = answer if isinstance(answer, str) else answer(message)
        return SendResult(provider_message_id=number, segment_count=1, raw={})

    def find_sent(
        self, sender: str, recipient: str, *, since: datetime, until: datetime
    ) -> tuple[ListedPart, ...]:
        self.asked.append(recipient)
        if self.list_script:
            raise self.list_script.pop(0)
        return tuple(
            part
            for part in self.listed
            if (part.sender, part.recipient) == (sender, recipient)
            and (part.taken_at is None or since <= part.taken_at <= until)
        )

    def find_message(self, provider_message_id: str) -> FoundMessage | None:
        self.asked.append(provider_message_id)
        if self.list_script:
            raise self.list_script.pop(0)
        own = [part for part in self.listed if part.provider_message_id == provider_message_id]
        if not own:
            return None
        return FoundMessage(
            provider_message_id=provider_message_id, status=own[0].status, parts=tuple(own)
        )

    @staticmethod
    def explain(error_code: str) -> Explanation:
        known = BandwidthProvider.explain(error_code)
        return replace(known, text=f"Code {error_code} explained.")

    def upload_media(self, file: MediaFile, *, name: str) -> str:
        if self.upload_script:
            raise self.upload_script.pop(0)
        self.uploads.append((name, file))
        return f"https://carrier.example/media/{name}"
