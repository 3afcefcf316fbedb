"""Whom a broadcast goes to: contacts, typed numbers, or the rows of a file, each number once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from messaging.broadcasts.merge import MOST_FIELDS, VALUE_LENGTH, field_name
from messaging.models import Broadcast, BroadcastRecipient, Contact
from messaging.plaintext import one_line, storable
from messaging.spreadsheets.columns import NumberCell
from messaging.spreadsheets.reading import UnreadableFile, read_table

MOST_RECIPIENTS = 20_000
_BATCH = 1_000
_INVALID_SHOWN = 20
_NUMBER_TITLES = {
    "phone number", "phone", "number", "mobile", "cell", "telephone", "to", "phone_number",
}  # fmt: skip


class NoAudience(ValueError):
    """Nobody, or too many, would get it; the message says so to the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One recipient to be."""

    number: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Recipients, and what was left out on the way."""

    people: tuple[Person, ...]
    duplicates: int = 0
    invalid: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """Say who they are, and what is not among them."""
        count = len(self.people)
        said = [f"{count:,} recipient{'' if count == 1 else 's'}"]
        if self.duplicates:
            said.append(f"{self.duplicates:,} named twice, kept once")
        if self.invalid:
            shown = ", ".join(self.invalid[:_INVALID_SHOWN])
            more = len(self.invalid) - _INVALID_SHOWN
            tail = f" and {more:,} more" if more > 0 else ""
            said.append(f"not phone numbers, left out: {shown}{tail}")
        return "; ".join(said) + "."


def all_contacts() -> Audience:
    """Everybody in the address book."""
    return _of_numbers(Contact.objects.values_list("number", flat=True))


def tagged(tag: str) -> Audience:
    """Contacts that carry the tag, whatever its capitals."""
    wanted = tag.strip().lower()
    rows = Contact.objects.exclude(tags=[]).values_list("number", "tags")
    return _of_numbers(n for n, tags in rows if wanted in {t.lower() for t in tags})


def picked(keys: Iterable[int]) -> Audience:
    """Contacts chosen one by one."""
    return _of_numbers(Contact.objects.filter(pk__in=list(keys)).values_list("number", flat=True))


def typed(text: str, *, country: str) -> Audience:
    """Numbers that were pasted: one a line, or with commas or semicolons between them."""
    parts = re.split(r"[\n\r,;\t]+", storable(text))
    return _read(((part.strip(), {}) for part in parts if part.strip()), country=country)


def listed(rows: Iterable[tuple[str, Mapping[str, str]]], *, country: str) -> Audience:
    """Numbers with values of merge fields, as a program sends them."""
    return _read(rows, country=country)


def from_file(data: bytes, *, country: str) -> Audience:
    """Rows of a CSV file: a column of numbers, and any others as merge fields.

    Raises NoAudience.
    """
    try:
        titles, rows = read_table(data, most=MOST_RECIPIENTS)
    except UnreadableFile as error:
        raise NoAudience(str(error)) from error
    names = [field_name(title) for title in titles]
    places = [i for i, title in enumerate(titles) if title.strip().lower() in _NUMBER_TITLES]
    if not places:
        raise NoAudience("No column is called “Phone number”: name the one with the numbers so.")
    place = places[0]
    columns = [(i, name) for i, name in enumerate(names) if name and i != place][:MOST_FIELDS]

    def read() -> Iterator[tuple[str, dict[str, str]]]:
        for cells in rows:
            padded = [*cells, *[""] * (len(titles) - len(cells))]
            yield padded[place], {name: padded[i] for i, name in columns}

    return _read(read(), country=country)


@transaction.atomic
def replace(broadcast: Broadcast, audience: Audience) -> None:
    """Make these the recipients, in place of whoever was before.

    Raises NoAudience.
    """
    if not audience.people:
        raise NoAudience("Nobody would get it: choose recipients.")
    if len(audience.people) > MOST_RECIPIENTS:
        raise NoAudience(
            f"These are {len(audience.people):,} recipients, {MOST_RECIPIENTS:,} is the most: make"
            " several broadcasts of them."
        )
    broadcast.recipients.all().delete()
    for start in range(0, len(audience.people), _BATCH):
        people = audience.people[start : start + _BATCH]
        known = Contact.objects.filter(number__in=[p.number for p in people])
        contacts = dict(known.values_list("number", "pk"))
        BroadcastRecipient.objects.bulk_create(
            BroadcastRecipient(
                broadcast=broadcast,
                number=person.number,
                contact_id=contacts.get(person.number),
                fields=dict(person.fields),
            )
            for person in people
        )


def _of_numbers(numbers: Iterable[str]) -> Audience:
    return Audience(people=tuple(Person(number=number) for number in dict.fromkeys(numbers)))


def _read(rows: Iterable[tuple[str, Mapping[str, Any]]], *, country: str) -> Audience:
    cell = NumberCell(country)
    found: dict[str, Person] = {}
    invalid: list[str] = []
    duplicates = 0
    for text, fields in rows:
        try:
            number = cell.clean(storable(text))
        except ValueError:
            invalid.append(one_line(text, limit=40) or "(empty)")
            continue
        if number is None:
            continue
        if number in found:
            duplicates += 1
            continue
        found[number] = Person(number=number, fields=_short(fields))
    return Audience(people=tuple(found.values()), duplicates=duplicates, invalid=tuple(invalid))


def _short(fields: Mapping[str, Any]) -> dict[str, str]:
    named = [
        (field_name(str(name)), one_line(str(value), limit=VALUE_LENGTH))
        for name, value in fields.items()
    ]
    return {name: value for name, value in named[:MOST_FIELDS] if name and value}
