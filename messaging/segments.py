"""How many parts a text is sent in, which is what carriers bill, queue and rate-limit."""

from __future__ import annotations

from dataclasses import dataclass

# GSM 03.38, the alphabet every handset knows. The page's counter is tested against these too.
GSM7_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Sent as an escape and a second septet.
GSM7_EXTENDED = "\f^{}\\[~]|€"

_SIZES = {**dict.fromkeys(GSM7_BASIC, 1), **dict.fromkeys(GSM7_EXTENDED, 2)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """Parts of a text; `characters` are septets or UTF-16 units, as the parts' limits count."""

    encoding: str  # GSM-7 or UCS-2
    count: int
    characters: int


def measure(text: str) -> Segments:
    """Count the parts of a text exactly; one character outside GSM-7 turns all of it to UCS-2."""
    sizes = [_SIZES.get(character, 0) for character in text]
    if all(sizes):
        return _measured("GSM-7", sizes, single=160, part=153)
    return _measured("UCS-2", [1 + (ord(c) > 0xFFFF) for c in text], single=70, part=67)


def is_gsm7(text: str) -> bool:
    """Tell whether every handset's alphabet has all of the text."""
    return all(character in _SIZES for character in text)


def utf16_units(text: str) -> int:
    """Length as carriers and browsers count it: an emoji beyond the basic plane is two."""
    return sum(1 + (ord(character) > 0xFFFF) for character in text)


def _measured(encoding: str, sizes: list[int], *, single: int, part: int) -> Segments:
    total = sum(sizes)
    count = 1 if 0 < total <= single else _packed(sizes, part)
    return Segments(encoding=encoding, count=count, characters=total)


def _packed(sizes: list[int], part: int) -> int:
    # Neither an escape pair nor a surrogate pair may straddle two parts, so a part can end one
    # unit short and the division of lengths would count too few.
    count = room = 0
    for size in sizes:
        if size > room:
            count += 1
            room = part
        room -= size
    return count
