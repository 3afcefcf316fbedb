"""Cells of spreadsheets that a spreadsheet program neither runs nor rewrites."""

from __future__ import annotations

import re

_MARK = "'"
# What would be run as a formula, and numbers that would lose their zeros or last digits. A mark in
# front of one is marked too, so that reading gives back exactly what was written.
_RISKY = re.compile(r"'*(?:[=+\-@\t\r].*|\d{12,}|0\d+)", re.DOTALL | re.ASCII)


def safe(text: str) -> str:
    """Put an apostrophe before what a spreadsheet program would run or rewrite."""
    return _MARK + text if _RISKY.fullmatch(text) else text


def plain(text: str) -> str:
    """Take back what `safe` did."""
    if text.startswith(_MARK) and _RISKY.fullmatch(text, 1):
        return text[1:]
    return text
