"""Making a text plain: look-alikes of the GSM alphabet replaced, letters and emoji kept."""

# ruff: noqa: RUF001, RUF002  # the look-alikes are what it is about

from __future__ import annotations

import unicodedata

from messaging.segments import is_gsm7

# What word processors and phones put in, and NFKC does not turn into the plain character.
_PLAIN: dict[str, str] = {
    **dict.fromkeys("‘’‚‛′´`ʹʻʼˈ＇‹›", "'"),
    **dict.fromkeys("“”„‟″«»〝〞＂", '"'),
    **dict.fromkeys("‐‑‒–—―−⁃﹘﹣－•◦▪‣∙", "-"),
    **dict.fromkeys("\t\u1680\u2028\u2029\u3000", " "),
    **dict.fromkeys("\u00ad\u180e\u200b\u2060\ufeff", ""),
    "·": ".",
    "©": "(c)",
    "®": "(R)",
    "×": "x",
    "⁄": "/",
    "∕": "/",
    "→": "->",
    "←": "<-",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "¢": "c",
}
_AS_EMOJI = "\ufe0f"
# Joiners, directions and variants: between letters of some scripts and inside emoji they have a
# meaning, next to plain text they are strays.
_SIGNS = frozenset("\u200c\u200d\u200e\u200f\u061c\ufe0e\ufe0f") | frozenset(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def make_plain(text: str) -> str:
    """Replace what has a plain look-alike: curly quotes, dashes, odd spaces, invisible signs.

    Letters of any language and emoji stay as they are.
    """
    composed = unicodedata.normalize("NFC", text)
    kept: list[str] = []
    for place, character in enumerate(composed):
        following = composed[place + 1 : place + 2]
        before = composed[place - 1 : place] if place else ""
        kept.append(_plain(character, before=before, following=following))
    return "".join(kept)


def _plain(character: str, *, before: str, following: str) -> str:
    if is_gsm7(character):
        return character
    if character in _SIGNS:
        return "" if is_gsm7(before) and (not following or is_gsm7(following)) else character
    if following == _AS_EMOJI:
        return character
    if character in _PLAIN:
        return _PLAIN[character]
    if unicodedata.category(character).startswith("L") and not _is_fancy(character):
        return character
    look_alike = unicodedata.normalize("NFKC", character).replace("⁄", "/")
    return look_alike if is_gsm7(look_alike) else character


def _is_fancy(character: str) -> bool:
    """Tell whether a letter is only another drawing of a plain one, such as 𝗕 or ﬁ."""
    return unicodedata.decomposition(character).startswith("<")
