"""Links of public URL shorteners in a text; carriers filter them, whoever they lead to."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_LIST = Path(__file__).with_name("shorteners.txt")
# Not behind "@", "/" or a letter: an e-mail address, a page, the end of a longer name.
_DOMAIN = re.compile(r"(?<![\w@./-])(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,24})(?![\w-])", re.I)


def shorteners_in(text: str) -> list[str]:
    """Return the shorteners' domains that the text links to, each once."""
    found = (domain.lower() for domain in _DOMAIN.findall(text))
    return list(dict.fromkeys(domain for domain in found if _is_shortener(domain)))


def _is_shortener(domain: str) -> bool:
    labels = domain.split(".")
    return any(".".join(labels[start:]) in _shorteners() for start in range(len(labels) - 1))


@cache
def _shorteners() -> frozenset[str]:
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))
