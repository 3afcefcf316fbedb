"""Pictures and files as the page shows them, those that are not here yet too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q
from django.db.models.functions import JSONObject, Now
from django.urls import reverse

from messaging.media.attachments import KEPT
from messaging.media.serving import RASTER
from messaging.models import Attachment

_SHOWN = ("id", "name", "size", "state", "content_type", "error", "notice")
_IS_KEPT = Q(created_at__gt=Now() - KEPT) & ~Q(source_url="")
# Few messages carry any: they come with the messages, not by a question of their own.
FILES = ArraySubquery(
    Attachment.objects.filter(message=OuterRef("pk")).values(
        shown=JSONObject(
            **{field: field for field in _SHOWN},
            is_kept=ExpressionWrapper(_IS_KEPT, output_field=BooleanField()),
        )
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Picture or file of a message."""

    id: str
    url: str
    name: str
    size: int
    content_type: str
    state: str
    is_picture: bool
    error: str
    notice: str
    may_retry: bool  # the carrier still has what is not here

    @property
    def words(self) -> str:
        """What to say of a file that is not here."""
        if self.state == Attachment.State.FAILED:
            return "File not available" if self.may_retry else "File lost"
        if self.state == Attachment.State.EXPIRED:
            return "File deleted: it was too old to be kept"
        return "File could not be fetched yet" if self.error else "File is being fetched…"


def piece(attachment: Attachment) -> Piece:
    """Show an upload."""
    return piece_of({field: getattr(attachment, field) for field in _SHOWN})


def piece_of(file: dict[str, Any]) -> Piece:
    """Show what FILES tells of a file."""
    return Piece(
        id=str(file["id"]),
        url=reverse("inbox:media", args=[file["id"]]),
        name=file["name"] or "File",
        size=file["size"],
        content_type=file["content_type"],
        state=file["state"],
        is_picture=file["content_type"] in RASTER,
        error=file["error"],
        notice=file["notice"],
        may_retry=bool(file.get("is_kept")) and (file["state"] == "failed" or bool(file["error"])),
    )
