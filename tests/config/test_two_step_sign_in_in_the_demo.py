"""`manage.py up` spares a trial the second factor, and says so."""

from __future__ import annotations

import pytest

from config.management.commands.up import Command
from config.welcome import welcome


@pytest.mark.parametrize(
    ("chosen", "with_demo", "asked"),
    [(None, True, "false"), ("", True, "false"), ("true", True, "true"), (None, False, None)],
    ids=["demo", "left empty", "chosen", "no demo"],
)
def test_the_demo_alone_switches_it_off(
    chosen: str | None,
    with_demo: bool,  # noqa: FBT001
    asked: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("REQUIRE_SYSTEM_ADMIN_MFA", raising=False)
    if chosen is not None:
        monkeypatch.setenv("REQUIRE_SYSTEM_ADMIN_MFA", chosen)

    environment = Command()._environment(with_demo=with_demo)

    assert environment.get("REQUIRE_SYSTEM_ADMIN_MFA") == asked


@pytest.mark.parametrize(("two_step", "words"), [(False, "not asked for"), (True, "sets up")])
def test_the_welcome_says_which(two_step: bool, words: str) -> None:  # noqa: FBT001
    assert words in welcome("http://127.0.0.1:8009", two_step=two_step)
