"""The carrier in memory keeps the contract."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from providers.errors import ProviderError, TemporaryFailure
from providers.memory import MemoryProvider
from providers.types import ReceiptStatus
from tests.providers.contract.cases import ACCOUNT, MESSAGE, ProviderContract


@pytest.fixture(autouse=True)
def _empty_memory() -> Iterator[None]:
    yield
    MemoryProvider.memory.reset()


class TestMemoryProvider(ProviderContract):
    provider_class = MemoryProvider
    inbound = json.dumps(
        {"type": "inbound", "id": "i1", "to": "+1919", "from": "+1512", "text": "Hi"}
    ).encode()
    receipt = json.dumps(
        {"type": "receipt", "id": "m1", "to": "+1512", "status": "delivered"}
    ).encode()
    odd = b'[{"type": "read"}]'
    fields = {"": ["type", "id", "to", "from", "text", "status", "time"]}

    def provider(self) -> MemoryProvider:
        return MemoryProvider(ACCOUNT)

    def accepting(self) -> AbstractContextManager[None]:
        return nullcontext()

    def failing(self, error: type[ProviderError]) -> AbstractContextManager[None]:
        MemoryProvider.memory.fail_next(error("As planned."))
        return nullcontext()

    def test_the_outbox_holds_what_was_sent(self) -> None:
        result = self.provider().send(MESSAGE)
        (sent,) = MemoryProvider.memory.outbox
        assert (sent.message, sent.account) == (MESSAGE, ACCOUNT)
        found = self.provider().find_message(result.provider_message_id)
        assert found is not None
        assert found.status is ReceiptStatus.SENT

    def test_a_planned_failure_happens_once(self) -> None:
        MemoryProvider.memory.fail_next(TemporaryFailure("Busy."))
        with pytest.raises(TemporaryFailure):
            self.provider().send(MESSAGE)
        self.provider().send(MESSAGE)
        assert len(MemoryProvider.memory.outbox) == 1

    def test_what_was_sent_is_found_by_numbers_and_time(self) -> None:
        now = datetime.now(UTC)
        result = self.provider().send(replace(MESSAGE, recipients=("+15125550300", "+15125550301")))
        whole = {"since": now - timedelta(seconds=1), "until": now + timedelta(seconds=60)}
        (part,) = self.provider().find_sent(MESSAGE.sender, "+15125550301", **whole)

        assert part.provider_message_id == result.provider_message_id
        assert (part.recipient, part.status) == ("+15125550301", ReceiptStatus.SENT)
        assert self.provider().find_sent("+19195550102", "+15125550301", **whole) == ()
        early = {"since": now - timedelta(hours=1), "until": now - timedelta(minutes=1)}
        assert self.provider().find_sent(MESSAGE.sender, "+15125550301", **early) == ()
