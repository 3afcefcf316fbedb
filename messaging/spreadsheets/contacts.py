"""Contacts as a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tablib import Dataset

from messaging.models import Contact
from messaging.spreadsheets.columns import Column, MailCell, NumberCell, TagsCell, TextCell
from messaging.spreadsheets.resource import SheetResource
from tenants.models import Tenant


class ContactSheet(SheetResource):
    """Contacts, matched by their number."""

    title = "contacts"
    required = ("Phone number", "Name")
    hints = ("Tags: with commas between them, such as “vip, Austin”.",)

    number = Column("number", "Phone number", "number", "phone", "mobile", "telephone")
    name = Column("name", "Name", "contact", "full name", widget=TextCell(100, required=True))
    company = Column("company", "Company", "organization", widget=TextCell(100))
    email = Column("email", "E-mail", "mail", "e-mail address", widget=MailCell())
    tags = Column("tags", "Tags", "labels", widget=TagsCell())
    notes = Column("notes", "Notes", "note", "comment", widget=TextCell(2000, lines=True))

    class Meta(SheetResource.Meta):
        model = Contact
        fields = ("number", "name", "company", "email", "tags", "notes")

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self.fields["number"].widget = NumberCell(tenant.country)

    def stored(self, dataset: Dataset) -> Iterator[tuple[Any, Any]]:
        """Yield the contacts by number."""
        for contact in Contact.objects.all():
            yield contact.number, contact
