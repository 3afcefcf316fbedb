"""Adapters for a made-up account, and a token cache emptied around each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import responses

from providers.bandwidth.auth import TOKENS
from providers.bandwidth.provider import BandwidthProvider
from providers.types import AuthMethod
from tests.providers.contract.cases import ACCOUNT


@pytest.fixture(autouse=True)
def _no_tokens() -> Iterator[None]:
    TOKENS.clear()
    yield
    TOKENS.clear()


@pytest.fixture
def carrier() -> Iterator[responses.RequestsMock]:
    """Bandwidth, as far as each test describes it."""
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def basic() -> BandwidthProvider:
    """Adapter that signs in with username and password."""
    return BandwidthProvider(ACCOUNT)


@pytest.fixture
def oauth() -> BandwidthProvider:
    """Adapter that signs in with client ID and secret."""
    return BandwidthProvider(replace(ACCOUNT, auth_method=AuthMethod.OAUTH2))
