"""The consent ledger as a spreadsheet: it is given out, never taken in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from tablib import Dataset

from messaging.models import ConsentEntry
from messaging.spreadsheets.columns import Column, TextCell
from messaging.spreadsheets.resource import SheetResource

_CELL = {"readonly": True, "widget": TextCell(300)}


class ConsentSheet(SheetResource):
    """Lines of the ledger."""

    title = "consent ledger"
    required = ()

    at = Column("at", "Time", **_CELL)
    number = Column("number", "Phone number", **_CELL)
    action = Column("action", "What", **_CELL)
    source = Column("source", "How", **_CELL)
    our_number = Column("our_number", "Your number", **_CELL)
    by = Column("by", "By", **_CELL)
    detail = Column("detail", "Detail", **_CELL)
    message_id = Column("message_id", "Message", **_CELL)

    class Meta(SheetResource.Meta):
        model = ConsentEntry
        fields = ("at", "number", "action", "source", "our_number", "by", "detail", "message_id")
        export_order = fields

    def stored(self, dataset: Dataset) -> Iterator[tuple[Any, Any]]:
        """Yield nothing: lines are not imported."""
        yield from ()

    def dehydrate_at(self, instance: ConsentEntry) -> str:
        """Write the time in the tenant's zone."""
        at = timezone.localtime(instance.at, ZoneInfo(self.tenant.timezone))
        return at.strftime("%Y-%m-%d %H:%M:%S")

    def dehydrate_action(self, instance: ConsentEntry) -> str:
        """Write it in words."""
        return instance.get_action_display()

    def dehydrate_source(self, instance: ConsentEntry) -> str:
        """Write it in words."""
        return instance.get_source_display()

    def dehydrate_our_number(self, instance: ConsentEntry) -> str:
        """Write which of our numbers, or that it is about all."""
        return instance.our_number or "any"

    def dehydrate_by(self, instance: ConsentEntry) -> str:
        """Write whose doing it was."""
        return instance.by.email if instance.by else ""
