"""Bringing a message's pictures down to what all of them together may have."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.files.base import ContentFile

from messaging.media.attachments import made_smaller, with_ending
from messaging.media.pictures import SHRINKABLE, shrink
from messaging.models import Attachment

TOLL_FREE_BYTES = 525_000  # in all
# Nearly every picture can be made this small, and still be looked at.
LEAST_PICTURE = 40_000


def may_fit(attachments: Sequence[Attachment], total: int) -> bool:
    """Tell whether the files can be brought to the total, by their kinds and sizes."""
    return sum(map(least_size, attachments)) <= total


def least_size(attachment: Attachment) -> int:
    """What a file has at least, made as small as may be."""
    shrinks = attachment.content_type in SHRINKABLE
    return min(attachment.size, LEAST_PICTURE) if shrinks else attachment.size


def fit(attachments: Sequence[Attachment], total: int) -> None:
    """Make the largest pictures smaller until all the files keep to the total.

    Raises CannotShrink, or OSError when a file is lost.
    """
    if sum(attachment.size for attachment in attachments) <= total:
        return
    pictures = [a for a in attachments if a.content_type in SHRINKABLE]
    room = total - sum(a.size for a in attachments if a.content_type not in SHRINKABLE)
    # The smallest first: what they leave of their share is the larger ones'.
    for place, picture in enumerate(sorted(pictures, key=lambda p: p.size)):
        share = room // (len(pictures) - place)
        if picture.size > share:
            _replace(picture, limit=share)
        room -= picture.size


def _replace(attachment: Attachment, *, limit: int) -> None:
    with attachment.file.open("rb") as file:
        content = file.read()
    picture = shrink(content, limit=limit)
    storage, old = attachment.file.storage, str(attachment.file.name)
    attachment.file.save(attachment.name, ContentFile(picture.content), save=False)
    attachment.notice = made_smaller(attachment.size)
    attachment.size = len(picture.content)
    attachment.content_type = picture.content_type
    attachment.name = with_ending(attachment.name, ".jpg")
    attachment.save(update_fields=["file", "notice", "size", "content_type", "name"])
    storage.delete(old)
