"""What became of a group's message, member by member: who has it, who has not and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from messaging.inbox import words
from messaging.models import MessageEvent, Recipient
from messaging.models.message import Status

# The carrier's sentence for this member, kept in the timeline.
_TOLD = MessageEvent.objects.filter(
    message=OuterRef("message"), recipient=OuterRef("number"), status=OuterRef("status")
).order_by("-id")
FATES = ArraySubquery(
    Recipient.objects.filter(message=OuterRef("pk")).values(
        shown=JSONObject(
            number="number",
            status="status",
            code="error_code",
            told=Subquery(_TOLD.values("detail")[:1]),
        )
    )
)
_EXPLAINED = frozenset({Status.FAILED.value, Status.UNCONFIRMED.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """One member's share of a message."""

    name: str
    icon: str
    status_text: str
    why: str
    error_code: str


def fate(recipient: dict[str, Any], name: str) -> Fate:
    """Show what FATES tells of a member."""
    icon, status_text = words.SHOWN[recipient["status"]]
    is_explained = recipient["status"] in _EXPLAINED
    return Fate(
        name=name,
        icon=icon,
        status_text=status_text,
        why=(recipient["told"] or "") if is_explained else "",
        error_code=recipient["code"] if is_explained else "",
    )
