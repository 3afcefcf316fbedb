"""Which media URLs may be given credentials, and reading what comes back."""

from __future__ import annotations

import re
import unicodedata
from string import hexdigits
from urllib.parse import unquote, urlsplit

from providers.bandwidth.answers import Answer
from providers.types import MediaFile

SIZE_LIMIT = 5 * 1024 * 1024
SECONDS_LIMIT = 60.0

_PORTS = {"https": 443, "http": 80}
_ESCAPE = re.compile(r"%(.{0,2})", re.DOTALL)
# What an escape in a file name must not hide: anything a server might take for structure.
_STRUCTURE = frozenset("/\\.%?#@:;")


def is_own(url: str, *, root: str) -> bool:
    """Tell whether credentials may go to this URL: the account's own media at the exact host.

    The URL is judged as text, before any library can normalise it into something else.
    """
    if not url.isprintable() or url != url.strip() or not set("\\?#").isdisjoint(url):
        return False
    try:
        ours, theirs = urlsplit(root), urlsplit(url)
        if _origin(theirs.scheme, theirs.netloc) != _origin(ours.scheme, ours.netloc):
            return False
    except ValueError:
        return False
    prefix = f"{ours.path}/media/"
    if not theirs.path.startswith(prefix):
        return False
    name = theirs.path.removeprefix(prefix)
    if not all(_is_harmless(escape) for escape in _ESCAPE.findall(name)):
        return False
    return all(part not in {"", ".", ".."} for part in name.split("/"))


def _is_harmless(escape: str) -> bool:
    if len(escape) != 2 or not set(escape) <= set(hexdigits):
        return False
    char = chr(int(escape, 16))
    return char not in _STRUCTURE and not unicodedata.category(char).startswith("C")


def _origin(scheme: str, netloc: str) -> tuple[str, str]:
    if netloc.isascii():  # lower() would turn a Kelvin sign into a k
        netloc = netloc.lower()
    scheme = scheme.lower()
    return scheme, netloc.removesuffix(f":{_PORTS.get(scheme, '')}")


def read_file(answer: Answer, url: str) -> MediaFile:
    """Name the file by its URL: Bandwidth puts the sender's name there."""
    name = unquote(url.rsplit("/", 1)[-1])
    return MediaFile(
        content=answer.content,
        content_type=answer.headers.get("Content-Type", "application/octet-stream"),
        filename="".join(c for c in name if c.isprintable())[:200],
    )
