"""Words by which people withdraw and give consent."""

from __future__ import annotations

import unicodedata

YES = "yes"  # consent only from who had opted out; the caller knows
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
    "yes": YES,
    "help": "help",
    "info": "help",
}
_JOINERS = frozenset("\u034f\u180b\u180c\u180d\ufe0e\ufe0f")
_LONGEST = 100  # nothing longer can be a keyword, however much is trimmed off in good faith


def consent_keyword(text: str) -> str:
    """Return "stop", "start", "yes" or "help" when the whole text is such a word, else "".

    A word inside a sentence ("please stop by") says nothing about consent.
    """
    if len(text) > _LONGEST:
        return ""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(c for c in plain if not _is_invisible(c))
    words = " ".join(plain.casefold().split())
    start, end = 0, len(words)
    while start < end and _is_trimming(words[start]):
        start += 1
    while end > start and _is_trimming(words[end - 1]):
        end -= 1
    return _KEYWORDS.get(words[start:end], "")


def why_no_answer(text: str) -> str:
    """Return why a text cannot be an answer that goes out by itself; "" = it can."""
    if not consent_keyword(text):
        return ""
    return (
        f"“{' '.join(text.split())}” alone is what people text to opt out, opt in or get help,"
        " so it is never sent by itself. Write a sentence."
    )


def _is_invisible(character: str) -> bool:
    # Format characters: zero-width spaces and joiners, direction marks, BOMs. And what changes the
    # look of the character before it, if anything.
    return unicodedata.category(character) == "Cf" or character in _JOINERS


def _is_trimming(character: str) -> bool:
    return character.isspace() or unicodedata.category(character).startswith("P")
