"""Rows of the inbox that no other test has: they are committed, past the test's transaction."""

from __future__ import annotations

import secrets

from providers.rows import Row

MARK = "committer-test"  # as the carrier's name


def row(kind: str, key: bytes | None = None) -> Row:
    return Row(MARK, 1, None, key or secrets.token_bytes(16), kind, b'{"a": "\xff\0"}')
