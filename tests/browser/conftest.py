"""One running product per run, one browser per file, fresh contexts for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.product import Running, chromium, started


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("portal")) as portal:
        yield portal


# Not for the whole run: while Playwright is up, Django believes this thread to be an event loop's.
@pytest.fixture(scope="module")
def _process() -> Iterator[Any]:
    with chromium() as started_browser:
        yield started_browser


@pytest.fixture
def browser(_process: Any) -> Iterator[Any]:
    """Chromium, with nobody signed in and nothing remembered."""
    yield _process
    for context in _process.contexts:
        context.close()
