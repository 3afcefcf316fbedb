"""What would make a text cheaper, clearer, or less likely to be filtered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from messaging import segments
from messaging.content.plain import make_plain
from messaging.content.shorteners import shorteners_in

MOST_SEGMENTS = 3
MOST_MMS_CHARACTERS = 1000
OPT_OUT_WORDS = "Reply STOP to opt out."

_SHOWN = 5
_LOUD_LETTERS = 15
_LOUD_SHARE = 0.7
_OPT_OUT = re.compile(r"\bstop\b|\bunsubscribe\b|\bopt[ -]?out\b", re.IGNORECASE)
_PUNCTUATION = re.compile(r"([!?])[!?]{2,}")
_DOLLARS = re.compile(r"[$€£]{2,}")
_WORD = re.compile(r"\w[\w'&.-]*")
_ARTICLES = frozenset({"the", "a", "an", "le", "la", "el", "los", "las", "les", "der", "die"})


class Kind(StrEnum):
    """What the text is: an answer needs no introduction."""

    REPLY = "reply"
    FIRST = "first"  # the recipient has had nothing from us
    BULK = "bulk"


class Code(StrEnum):
    """Codes that programs may rely on; the sentence beside them is for people."""

    UNICODE = "unicode"
    SHORTENER = "shortener"
    ALL_CAPS = "all_caps"
    PUNCTUATION = "punctuation"
    NO_SENDER_NAME = "no_sender_name"
    NO_OPT_OUT = "no_opt_out"
    LONG = "long"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One thing to mend; `fix` is the whole text with it mended, "" where only a person can."""

    code: Code
    text: str
    fix: str = ""
    fix_label: str = ""


def advise(
    text: str, *, sender_name: str = "", kind: Kind = Kind.REPLY, is_mms: bool = False
) -> tuple[Advice, ...]:
    """Say what could be better about a text; nothing where it is fine or empty."""
    if not text.strip():
        return ()
    return tuple(_found(text, sender_name.strip(), kind, is_mms=is_mms))


def _found(text: str, sender_name: str, kind: Kind, *, is_mms: bool) -> Iterator[Advice]:
    if not is_mms:  # an MMS costs the same in any alphabet
        yield from _unicode(text)
    yield from _shorteners(text)
    yield from _loud(text)
    yield from _punctuation(text)
    if kind != Kind.REPLY and sender_name and not names(text, sender_name):
        yield Advice(
            code=Code.NO_SENDER_NAME,
            text=f"It does not say who it is from. Begin with “{sender_name}”.",
            fix=f"{sender_name}: {text}",
            fix_label="Add the name",
        )
    if kind == Kind.BULK and not _OPT_OUT.search(text):
        yield Advice(
            code=Code.NO_OPT_OUT,
            text="It does not say how to get no more of these. Carriers expect that in bulk texts.",
            fix=f"{text.rstrip()} {OPT_OUT_WORDS}",
            fix_label=f"Add “{OPT_OUT_WORDS}”",
        )
    yield from _long(text, is_mms=is_mms)


def names(text: str, sender_name: str) -> bool:
    """Tell whether the text says the name, or the word of it that people know it by."""
    said = [word.casefold() for word in _WORD.findall(text)]
    words = [word.casefold() for word in _WORD.findall(sender_name)]
    known = next((word for word in words if word not in _ARTICLES), "")
    # With 's behind it, it is still the name.
    return any(word.split("'")[0].rstrip(".") == known.rstrip(".") for word in said) or (
        sender_name.casefold() in text.casefold()
    )


def _unicode(text: str) -> Iterator[Advice]:
    now = segments.measure(text)
    if now.encoding == "GSM-7":
        return
    plain = make_plain(text)
    then = segments.measure(plain)
    if then.encoding == "GSM-7":
        shown = _quoted([c for c in dict.fromkeys(text) if not segments.is_gsm7(c)])
        yield Advice(
            code=Code.UNICODE,
            text=f"Unicode because of {shown}: {_parts(now.count)} instead of {then.count}."
            if now.count > then.count
            else f"Unicode because of {shown}: a segment holds 70 characters instead of 160.",
            fix=plain,
            fix_label="Make it plain text",
        )
        return
    rest = [c for c in dict.fromkeys(plain) if not segments.is_gsm7(c)]
    without = segments.measure("".join(c for c in plain if segments.is_gsm7(c)))
    if now.count > max(1, without.count):
        saves = then.count < now.count
        yield Advice(
            code=Code.UNICODE,
            text=f"Unicode because of {_quoted(rest)}: {_parts(now.count)} instead of"
            f" {max(1, without.count)}.",
            fix=plain if saves else "",
            fix_label="Make the rest plain text" if saves else "",
        )


def _shorteners(text: str) -> Iterator[Advice]:
    domains = shorteners_in(text)
    if domains:
        yield Advice(
            code=Code.SHORTENER,
            text=f"Carriers often block links of public shorteners ({', '.join(domains[:3])})."
            " Use the full address, or a short domain of your own.",
        )


def _loud(text: str) -> Iterator[Advice]:
    letters = [c for c in text if c.isupper() or c.islower()]
    upper = sum(c.isupper() for c in letters)
    if len(letters) >= _LOUD_LETTERS and upper / len(letters) >= _LOUD_SHARE:
        yield Advice(
            code=Code.ALL_CAPS,
            text="Mostly capital letters: filters take that for spam, and people for shouting.",
        )


def _punctuation(text: str) -> Iterator[Advice]:
    if _PUNCTUATION.search(text):
        yield Advice(
            code=Code.PUNCTUATION,
            text="Many exclamation or question marks in a row look like spam to filters.",
            fix=_PUNCTUATION.sub(r"\1", text),
            fix_label="Keep one each",
        )
    elif _DOLLARS.search(text):
        yield Advice(
            code=Code.PUNCTUATION,
            text="Several currency signs in a row look like spam to filters.",
        )


def _long(text: str, *, is_mms: bool) -> Iterator[Advice]:
    if is_mms:
        if segments.utf16_units(text) > MOST_MMS_CHARACTERS:
            yield Advice(
                code=Code.LONG,
                text=f"Some carriers cut the text of an MMS after {MOST_MMS_CHARACTERS:,}"
                " characters.",
            )
        return
    count = segments.measure(text).count
    if count > MOST_SEGMENTS:
        yield Advice(
            code=Code.LONG,
            text=f"It is billed as {_parts(count)}, and long texts are more often lost on the way."
            f" Try to say it in {MOST_SEGMENTS}.",
        )


def _parts(count: int) -> str:
    return "1 segment" if count == 1 else f"{count} segments"


_INVISIBLE: dict[str, str] = {
    "\u00a0": "a no-break space",
    "\u202f": "a narrow no-break space",
    "\t": "a tab",
}


def _quoted(characters: list[str]) -> str:
    shown = [_name(character) for character in characters[:_SHOWN]]
    more = " and others" if len(characters) > _SHOWN else ""
    return " ".join(dict.fromkeys(shown)) + more


def _name(character: str) -> str:
    if character in _INVISIBLE:
        return _INVISIBLE[character]
    if not character.isprintable() or character.isspace():
        return "an invisible character"
    return character
