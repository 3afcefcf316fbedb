"""Making outside text fit for PostgreSQL, file names and mail headers."""

from __future__ import annotations

import unicodedata


def storable(text: str) -> str:
    """Drop NULs and mend surrogates, which PostgreSQL's text cannot hold.

    A carrier that cuts a text between the halves of an emoji sends lone surrogates.
    """
    mended = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return mended.replace("\x00", "")


def one_line(text: str, *, limit: int) -> str:
    """Fold the text into one line without control characters, for headers and names."""
    if not text.isprintable():  # then it holds no space but " " and nothing to leave out
        kept = (" " if c.isspace() else c for c in storable(text))
        text = "".join(c for c in kept if unicodedata.category(c)[0] != "C")
    return " ".join(text.split())[:limit].rstrip()
