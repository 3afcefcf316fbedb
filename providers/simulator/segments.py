"""How many parts a text takes: 160 or 70 units, 153 or 67 in each part of a longer one."""

from __future__ import annotations

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[]~|€\f")


def count_segments(text: str) -> int:
    """Count the parts Bandwidth would bill."""
    if set(text) <= _BASIC | _EXTENDED:
        sizes, single, part = [2 if c in _EXTENDED else 1 for c in text], 160, 153
    else:
        sizes, single, part = [2 if c > "\uffff" else 1 for c in text], 70, 67
    if sum(sizes) <= single:
        return 1
    parts, used = 1, 0
    for size in sizes:  # a character of two units never straddles two parts
        if used + size > part:
            parts, used = parts + 1, 0
        used += size
    return parts
