"""Every variable that the program reads is explained where people look for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
# Set by machinery, not by people.
_NOT_FOR_PEOPLE = {"DJANGO_SETTINGS_MODULE", "PATH", "HOME", "CI_NO_SKIP"}
_READ = re.compile(
    r"""(?:env(?:\.\w+)?\(|env_bool\(|os\.environ(?:\.get\(|\[|\.setdefault\()|getenv\()\s*"([A-Z][A-Z0-9_]+)\""""
)


def _read_by_the_program() -> set[str]:
    files = [
        path
        for package in ("config", "messaging", "providers", "tenants")
        for path in (REPOSITORY / package).rglob("*.py")
    ]
    names = {name for path in files for name in _READ.findall(path.read_text(encoding="utf-8"))}
    return names - _NOT_FOR_PEOPLE


def _told(file: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, (REPOSITORY / file).read_text(encoding="utf-8"), re.MULTILINE))


def test_the_settings_are_found_at_all() -> None:
    assert {"PUBLIC_URL", "DATA_DIR", "VAPID_CONTACT", "EMAIL_URL"} <= _read_by_the_program()


def test_each_stands_in_the_example() -> None:
    assert _read_by_the_program() - _told(".env.example", r"^#?([A-Z][A-Z0-9_]+)=") == set()


def test_each_stands_in_the_readme() -> None:
    assert _read_by_the_program() - _told("README.md", r"`([A-Z][A-Z0-9_]+)`") == set()


@pytest.mark.parametrize("name", sorted(_told(".env.example", r"^#?([A-Z][A-Z0-9_]+)=")))
def test_the_example_names_nothing_that_nobody_reads(name: str) -> None:
    assert name in _read_by_the_program()
