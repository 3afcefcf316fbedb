"""Acme's line at work, as the tests of sending have it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from messaging.pacing import permits
from messaging.pacing.alone import Alone
from tenants.throughput import forget_rates
from tests.messaging.outbound.conftest import arrive, at_acme, carrier, write

__all__ = ["arrive", "at_acme", "carrier", "write"]


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test starts with presets unread, and with no trace of a server that was away."""
    monkeypatch.setattr(permits, "_alone", Alone())
    monkeypatch.setattr(permits, "_away_until", 0.0)
    forget_rates()
    yield
    forget_rates()
