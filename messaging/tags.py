"""Tags of contacts: typed with commas (or semicolons) between them, kept as a list."""

from __future__ import annotations

LENGTH_LIMIT = 40
COUNT_LIMIT = 20


class NotATag(ValueError):
    """The text cannot be kept as tags; the message says so to the person."""


def parse_tags(text: str) -> list[str]:
    """Return the tags in the order they are typed, each once, whatever its capitals.

    Raises NotATag.
    """
    tags: dict[str, str] = {}
    for part in text.replace(";", ",").split(","):
        tag = " ".join(part.split())
        if len(tag) > LENGTH_LIMIT:
            raise NotATag(f"The tag “{tag[:20]}…” is longer than {LENGTH_LIMIT} characters.")
        if tag:
            tags.setdefault(tag.lower(), tag)
    if len(tags) > COUNT_LIMIT:
        raise NotATag(f"There are {len(tags)} tags: {COUNT_LIMIT} is the most.")
    return list(tags.values())
