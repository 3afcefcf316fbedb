"""The message log as rows of a spreadsheet, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from messaging.delivery.wording import REASONS
from messaging.models import Attachment, Contact, Message
from messaging.models.message import Status
from tenants.cells import safe
from tenants.models import Tenant

BATCH = 2000

HEADINGS = [
    "Time",
    "Direction",
    "Our number",
    "Contact number",
    "Contact name",
    "Extension",
    "Author",
    "Kind",
    "Text",
    "Segments",
    "Files",
    "Status",
    "Reason",
    "Error code",
    "Error",
    "Sent at",
    "Delivered at",
    "Carrier's ID",
    "ID",
]
_COLUMNS = [
    "pk",
    "created_at",
    "direction",
    "conversation__our_number",
    "conversation__participants_key",
    "conversation__extension__number",
    "author__email",
    "kind",
    "text",
    "segment_count",
    "status",
    "failure_reason",
    "error_code",
    "error_text",
    "sent_at",
    "delivered_at",
    "provider_message_id",
]
_STATUS = {status.value: str(status.label) for status in Status}
_DIRECTION = {direction.value: str(direction.label) for direction in Message.Direction}


def batches(messages: QuerySet[Message], tenant: Tenant) -> Iterator[list[list[str]]]:
    """Yield the rows, newest first.

    Each batch is a query of its own that goes on where the last one ended: no transaction stays
    open, and memory holds one batch.
    """
    zone = ZoneInfo(tenant.timezone)
    ordered = messages.order_by("-created_at", "-id").values(*_COLUMNS)
    rest = ordered
    while found := list(rest[:BATCH]):
        yield _rows(found, zone)
        if len(found) < BATCH:
            return
        last = found[-1]
        # Said twice: by the first half PostgreSQL finds its place in the index.
        rest = ordered.filter(created_at__lte=last["created_at"]).filter(
            Q(created_at__lt=last["created_at"]) | Q(pk__lt=last["pk"])
        )


def _rows(found: Sequence[dict[str, Any]], zone: ZoneInfo) -> list[list[str]]:
    names = _names(found)
    files = _files(found)
    return [_row(message, names, files, zone) for message in found]


def _row(
    message: dict[str, Any], names: dict[str, str], files: dict[Any, int], zone: ZoneInfo
) -> list[str]:
    others = message["conversation__participants_key"].split(",")
    cells = [
        _moment(message["created_at"], zone),
        _DIRECTION[message["direction"]],
        message["conversation__our_number"],
        ", ".join(others),
        ", ".join(names[number] for number in others if number in names),
        message["conversation__extension__number"] or "",
        message["author__email"] or "",
        message["kind"].upper(),
        message["text"],
        str(message["segment_count"]),
        str(files.get(message["pk"], 0)),
        _STATUS[message["status"]],
        REASONS.get(message["failure_reason"], ""),
        message["error_code"],
        message["error_text"],
        _moment(message["sent_at"], zone),
        _moment(message["delivered_at"], zone),
        message["provider_message_id"],
        str(message["pk"]),
    ]
    return [safe(cell) for cell in cells]


def _names(found: Sequence[dict[str, Any]]) -> dict[str, str]:
    numbers = {n for row in found for n in row["conversation__participants_key"].split(",")}
    return dict(Contact.objects.filter(number__in=numbers).values_list("number", "name"))


def _files(found: Sequence[dict[str, Any]]) -> dict[Any, int]:
    keys = [row["pk"] for row in found if row["kind"] == Message.Kind.MMS]
    counted = Attachment.objects.filter(message__in=keys).order_by().values("message")
    return dict(counted.annotate(n=Count("pk")).values_list("message", "n"))


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds") if at else ""
