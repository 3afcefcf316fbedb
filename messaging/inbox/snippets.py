"""The piece of a message around what was searched for."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BEFORE = 14
_LENGTH = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Piece of a line; a hit is shown marked."""

    text: str
    is_hit: bool


def snippet(text: str, asked: str) -> list[Part]:
    """Cut the text around the first word that was asked for, and tell the hits from the rest."""
    line = " ".join(text.split())
    words = [re.escape(word) for word in re.findall(r"\w+", asked)]
    if not words:
        return [Part(text=line[:_LENGTH], is_hit=False)]
    hits = re.compile(rf"\b(?:{'|'.join(words)})", re.IGNORECASE)
    first = hits.search(line)
    start = max(0, first.start() - _BEFORE) if first else 0
    if start:
        # At the beginning of a word, if there is one in between.
        space = line.find(" ", start)
        start = space + 1 if first and 0 <= space < first.start() else start
    piece = ("…" if start else "") + line[start : start + _LENGTH]
    parts: list[Part] = []
    end = 0
    for match in hits.finditer(piece):
        if match.start() > end:
            parts.append(Part(text=piece[end : match.start()], is_hit=False))
        parts.append(Part(text=match[0], is_hit=True))
        end = match.end()
    parts.append(Part(text=piece[end:], is_hit=False))
    return [part for part in parts if part.text]
