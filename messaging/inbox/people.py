"""Names for numbers, and who among them has opted out: one query each, however long the list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from messaging.models import Contact, Conversation, OptOut
from tenants.models import Tenant
from tenants.numbers import for_people


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressBook:
    """Contacts' names by number, and the country whose way of writing numbers is used."""

    names: Mapping[str, str]
    country: str

    def name(self, number: str) -> str:
        """Return the contact's name, or the number as people write it."""
        return self.names.get(number) or self.number(number)

    def number(self, number: str) -> str:
        """Write a number as people of the tenant's country do."""
        return for_people(number, country=self.country)

    def title(self, conversation: Conversation) -> str:
        """Name everybody on the other side."""
        return ", ".join(self.name(number) for number in conversation.participants)

    def initial(self, conversation: Conversation) -> str:
        """Letter for the round mark of a person; "" for groups and bare numbers."""
        numbers = conversation.participants
        name = self.names.get(numbers[0], "") if len(numbers) == 1 else ""
        return name[:1].upper()


def address_book(conversations: Iterable[Conversation], tenant: Tenant) -> AddressBook:
    """Look up the names of everybody in these conversations."""
    contacts = Contact.objects.filter(number__in=_numbers(conversations))
    return AddressBook(names=dict(contacts.values_list("number", "name")), country=tenant.country)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOuts:
    """Opt-outs by our number ("" = any of ours) and theirs."""

    sources: Mapping[tuple[str, str], str]

    def source(self, our_number: str, number: str) -> str:
        """Say how the number opted out of texts from ours; "" when it did not."""
        found = self.sources.get((our_number, number)) or self.sources.get(("", number))
        return found or ""

    def of(self, conversation: Conversation) -> dict[str, str]:
        """Return the opted-out participants, each with how it happened."""
        ours = conversation.our_number
        found = {number: self.source(ours, number) for number in conversation.participants}
        return {number: source for number, source in found.items() if source}


def opt_outs(conversations: Iterable[Conversation]) -> OptOuts:
    """Look up the opt-outs of everybody in these conversations."""
    rows = OptOut.objects.filter(number__in=_numbers(conversations)).order_by()
    return OptOuts(
        sources={
            (our_number or "", number): source
            for our_number, number, source in rows.values_list("our_number", "number", "source")
        }
    )


def _numbers(conversations: Iterable[Conversation]) -> set[str]:
    return {number for conversation in conversations for number in conversation.participants}
