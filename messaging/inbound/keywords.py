"""Words by which people withdraw and give consent."""

from __future__ import annotations

import unicodedata

# CTIA's list and the FCC's of 2025.
_KEYWORDS: dict[str, str] = {
    "stop": "stop",
    "stopall": "stop",
    "stop all": "stop",
    "unsubscribe": "stop",
    "cancel": "stop",
    "end": "stop",
    "quit": "stop",
    "revoke": "stop",
    "opt out": "stop",
    "opt-out": "stop",
    "optout": "stop",
    "start": "start",
    "unstop": "start",
    "yes": "start",
    "help": "help",
    "info": "help",
}
_LONGEST = 100  # nothing longer can be a keyword, however much is trimmed off in good faith


def consent_keyword(text: str) -> str:
    """Return "stop", "start" or "help" when the whole text is such a word, else "".

    A word inside a sentence ("please stop by") says nothing about consent.
    """
    if len(text) > _LONGEST:
        return ""
    plain = unicodedata.normalize("NFKC", text)
    # Format characters are invisible: zero-width spaces and joiners, direction marks, BOMs.
    plain = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    words = " ".join(plain.casefold().split())
    start, end = 0, len(words)
    while start < end and _is_trimming(words[start]):
        start += 1
    while end > start and _is_trimming(words[end - 1]):
        end -= 1
    return _KEYWORDS.get(words[start:end], "")


def _is_trimming(character: str) -> bool:
    return character.isspace() or unicodedata.category(character).startswith("P")
