"""Who has a number, and who has opted out: one query for a page's list and thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import JSONObject

from messaging.inbox import words
from messaging.models import Contact, Conversation, OptOut
from tenants.models import Tenant
from tenants.numbers import for_people

_CONTACT = ("id", "number", "name", "company", "email", "tags", "notes")
_OPT_OUT = ("id", "our_number", "number", "source", "created_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressBook:
    """Contacts by number, and the country whose way of writing numbers is used."""

    contacts: Mapping[str, Contact]
    country: str

    def name(self, number: str) -> str:
        """Return the contact's name, or the number as people write it."""
        return self.contact_name(number) or self.number(number)

    def contact_name(self, number: str) -> str:
        """Return the contact's name; "" for a number that is nobody's."""
        contact = self.contacts.get(number)
        return contact.name if contact else ""

    def number(self, number: str) -> str:
        """Write a number as people of the tenant's country do."""
        return for_people(number, country=self.country)

    def title(self, conversation: Conversation) -> str:
        """Name everybody on the other side."""
        return ", ".join(self.name(number) for number in conversation.participants)

    def initial(self, conversation: Conversation) -> str:
        """Letter for the round mark of a person; "" for groups and bare numbers."""
        numbers = conversation.participants
        name = self.contact_name(numbers[0]) if len(numbers) == 1 else ""
        return name[:1].upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOuts:
    """Opt-outs by our number ("" = any of ours) and theirs."""

    rows: Mapping[tuple[str, str], OptOut]

    def of(self, conversation: Conversation) -> dict[str, OptOut]:
        """Return the opted-out participants, each with how it happened."""
        ours = conversation.our_number
        found = {
            number: self.rows.get((ours, number)) or self.rows.get(("", number))
            for number in conversation.participants
        }
        return {number: row for number, row in found.items() if row}

    def since(self, conversation: Conversation) -> dict[str, str]:
        """Say of each opted-out participant since when and how."""
        found = self.of(conversation)
        return {
            number: words.opted_out_since(row.source, row.created_at)
            for number, row in found.items()
        }


def known_of(conversations: Iterable[Conversation], tenant: Tenant) -> tuple[AddressBook, OptOuts]:
    """Look up everybody in these conversations, and who of them has opted out."""
    numbers = _numbers(conversations)
    contacts = _as_rows(Contact.objects.filter(number__in=numbers), _CONTACT)
    refusals = _as_rows(OptOut.objects.filter(number__in=numbers), _OPT_OUT)
    found: dict[str, Contact] = {}
    refused: dict[tuple[str, str], OptOut] = {}
    for row in contacts.union(refusals, all=True) if numbers else ():
        if "source" in row:
            opt_out = OptOut(**row)
            opt_out.created_at = datetime.fromisoformat(row["created_at"])
            refused[opt_out.our_number or "", opt_out.number] = opt_out
        else:
            found[row["number"]] = Contact(**row)
    return AddressBook(contacts=found, country=tenant.country), OptOuts(rows=refused)


def _as_rows(rows: QuerySet[Any], fields: Iterable[str]) -> QuerySet[Any, Any]:
    """Put each row into one value, so that rows of two tables are one question."""
    return rows.order_by().values_list(JSONObject(**{name: name for name in fields}), flat=True)


def _numbers(conversations: Iterable[Conversation]) -> set[str]:
    return {number for conversation in conversations for number in conversation.participants}
