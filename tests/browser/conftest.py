"""One running product per run, one browser per test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.product import Running, chromium, started


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("portal")) as portal:
        yield portal


@pytest.fixture
def browser() -> Iterator[Any]:
    with chromium() as started_browser:
        yield started_browser
