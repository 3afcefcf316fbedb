"""Opt-outs as a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils import timezone
from tablib import Dataset

from messaging.consent import ledger
from messaging.models import OptOut
from messaging.spreadsheets.columns import Column, NumberCell, TextCell
from messaging.spreadsheets.resource import SheetResource
from tenants.models import PhoneNumber, Tenant

_ANY = "any"


class OptOutSheet(SheetResource):
    """Opt-outs, matched by both numbers; those that are there stay as they are."""

    title = "opt-outs"
    required = ("Phone number",)
    hints = ("Your number: empty or “any” = of all your numbers.",)

    number = Column("number", "Phone number", "number", "phone")
    our_number = Column("our_number", "Your number", "from", "our number")
    source = Column("source", "Source", readonly=True, widget=TextCell(20))
    created_at = Column("created_at", "Since", readonly=True, widget=TextCell(40))

    class Meta(SheetResource.Meta):
        model = OptOut
        fields = ("number", "our_number", "source", "created_at")
        import_order = ("number", "our_number")

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self.fields["number"].widget = NumberCell(tenant.country)
        self.fields["our_number"].widget = NumberCell(tenant.country, empty=_ANY)
        self._ours: frozenset[str] = frozenset()

    def stored(self, dataset: Dataset) -> Iterator[tuple[Any, Any]]:
        """Yield the opt-outs by both numbers."""
        ours = PhoneNumber.objects.filter(tenant=self.tenant).values_list("number", flat=True)
        self._ours = frozenset(ours)
        for opt_out in OptOut.objects.all():
            yield (opt_out.our_number, opt_out.number), opt_out

    def key(self, row: dict[str, Any]) -> Any:
        """Return both numbers."""
        ours = row.get("Your number", "")
        return self.fields["our_number"].widget.clean(ours), self.fields["number"].clean(row)

    def get_import_fields(self) -> list[Any]:
        """Leave source and time out: an import is a source of its own."""
        return [self.fields["number"], self.fields["our_number"]]

    def judge(self, instance: Any, *, new: bool) -> None:
        """Take the tenant's own numbers only."""
        if instance.our_number and instance.our_number not in self._ours:
            raise ValidationError({"our_number": "this is not one of your numbers"})

    def store(self, new: list[Any], changed: list[tuple[Any, Any]]) -> None:
        """Write them as an import's."""
        for opt_out in new:
            opt_out.source = OptOut.Source.IMPORT
        super().store(new, changed)
        ledger.note_opt_outs(new)

    def dehydrate_source(self, instance: OptOut) -> str:
        """Write the source in words."""
        return instance.get_source_display()

    def dehydrate_created_at(self, instance: OptOut) -> str:
        """Write the time in the tenant's zone."""
        at = timezone.localtime(instance.created_at, ZoneInfo(self.tenant.timezone))
        return at.strftime("%Y-%m-%d %H:%M")
