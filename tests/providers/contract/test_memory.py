"""The carrier in memory keeps the contract."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

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
