"""Attachments of an inbound message, noted before they are fetched."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from messaging import queue
from messaging.models import Attachment, Message
from messaging.plaintext import one_line, storable

# Layout parts that say where a handset shows the pictures; nobody wants to see them.
_LAYOUT_ENDINGS = (".smil", ".smi", ".xml")
_LONGEST_URL = 4096


def expect_files(message: Message, urls: Sequence[str]) -> None:
    """Note each file of the message and have it fetched: the carrier keeps it for two days."""
    wanted = [url for url in urls if not _is_layout(url)]
    attachments = [
        _attachment(message, position, url) for position, url in enumerate(wanted, start=1)
    ]
    Attachment.objects.bulk_create(attachments)
    for attachment in attachments:
        if attachment.state == Attachment.State.PENDING:
            queue.enqueue(queue.FETCH_MEDIA, attachment.pk)


def _attachment(message: Message, position: int, url: str) -> Attachment:
    attachment = Attachment(message=message, position=position, name=_file_name(url))
    if len(url) > _LONGEST_URL:
        attachment.state = Attachment.State.FAILED
        attachment.error = "The carrier's address of this file is too long."
    else:
        attachment.source_url = storable(url)
    return attachment


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:  # such as "https://[": kept, and refused by the fetch with a reason
        return ""


def _is_layout(url: str) -> bool:
    return _path(url).lower().endswith(_LAYOUT_ENDINGS)


def _file_name(url: str) -> str:
    return one_line(unquote(_path(url).rpartition("/")[2]), limit=200)
