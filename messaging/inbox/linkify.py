"""Web addresses in texts become links; all else of a text stays text."""

from __future__ import annotations

import re

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

_ADDRESS = re.compile(r"https?://[^\s<>\"'`{}|\\^]+", re.IGNORECASE)
_TRAILING = ".,;:!?…"
_LINK = '<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>'


def linkify(text: str) -> SafeString:
    """Escape the text and link its http and https addresses."""
    parts: list[str] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        address = _without_punctuation(match[0])
        if address.endswith("//"):
            continue
        parts.append(escape(text[end : match.start()]))
        parts.append(format_html(_LINK, address, address))
        end = match.start() + len(address)
    parts.append(escape(text[end:]))
    return mark_safe("".join(parts))  # noqa: S308  # every part is escaped above


def _without_punctuation(address: str) -> str:
    bare = address.rstrip(_TRAILING)
    # “(see https://example.com/a)”: the bracket belongs to the sentence.
    while bare.endswith(")") and bare.count(")") > bare.count("("):
        bare = bare[:-1].rstrip(_TRAILING)
    return bare
