"""A carrier that does what the test says, in place of the real adapter."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from providers.memory import MemoryProvider
from providers.types import Account, MediaFile, OutboundMessage, SendResult

Answer = Exception | str | Callable[[OutboundMessage], str]


class ScriptedCarrier(MemoryProvider):
    """Answers each send by the next entry of `script` (an id, an error, or a function)."""

    slug = "bandwidth"
    label = "Scripted"
    script: ClassVar[list[Answer]] = []
    sent: ClassVar[list[OutboundMessage]] = []
    accounts: ClassVar[list[str]] = []
    uploads: ClassVar[list[tuple[str, MediaFile]]] = []
    upload_script: ClassVar[list[Exception]] = []

    def __init__(self, account: Account, **options: object) -> None:
        super().__init__(account)

    @classmethod
    def reset(cls) -> None:
        for entries in (cls.script, cls.sent, cls.accounts, cls.uploads, cls.upload_script):
            entries.clear()

    def send(self, message: OutboundMessage) -> SendResult:
        self.sent.append(message)
        self.accounts.append(self.account.account_id)
        answer: Answer = self.script.pop(0) if self.script else f"id-{len(self.sent)}"
        if isinstance(answer, Exception):
            raise answer
        number = answer if isinstance(answer, str) else answer(message)
        return SendResult(provider_message_id=number, segment_count=1, raw={})

    def upload_media(self, file: MediaFile, *, name: str) -> str:
        if self.upload_script:
            raise self.upload_script.pop(0)
        self.uploads.append((name, file))
        return f"https://carrier.example/media/{name}"
