"""To whom a new message goes: what was typed becomes people, and the rules are told at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from messaging import registration
from messaging.models import Contact, OptOut
from messaging.outbound.compose import group_problem
from messaging.outbound.individually import MOST_INDIVIDUALLY
from messaging.plaintext import storable
from tenants.models import Tenant
from tenants.numbers import NotAPhoneNumber, for_people, to_e164

_BETWEEN = re.compile(r"[,;\n]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody to text to."""

    number: str
    shown: str
    name: str

    @property
    def title(self) -> str:
        """Name, or the number of who has none."""
        return self.name or self.shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """What the To field holds: people, and what is no person yet."""

    people: list[Person]
    rest: str = ""
    problem: str = ""

    @property
    def numbers(self) -> list[str]:
        """The people's numbers, in the order entered."""
        return [person.number for person in self.people]


def address(typed: Iterable[str], tenant: Tenant) -> Addressed:
    """Read numbers in any usual form and contacts' names, several between commas."""
    numbers: dict[str, None] = {}
    rest: list[str] = []
    problem = ""
    for part in (part.strip() for text in typed for part in _BETWEEN.split(storable(text))):
        if not part:
            continue
        try:
            numbers[_number(part, tenant.country)] = None
        except NotAPhoneNumber as error:
            rest.append(part[:100])
            problem = problem or str(error)
    return Addressed(
        people=_people(list(numbers), tenant.country), rest=", ".join(rest), problem=problem
    )


def _number(part: str, country: str) -> str:
    if re.search(r"\d{3}", part):
        return to_e164(part, country=country, short_codes=True)
    found = list(Contact.objects.filter(name__iexact=part).values_list("number", flat=True)[:2])
    if len(found) > 1:
        raise NotAPhoneNumber(f"Several contacts are called “{part[:40]}”: choose from the list.")
    if not found:
        raise NotAPhoneNumber(
            f"“{part[:40]}” is neither a number nor a contact. Type a number with its area code."
        )
    return found[0]


def _people(numbers: list[str], country: str) -> list[Person]:
    names = dict(Contact.objects.filter(number__in=numbers).values_list("number", "name"))
    return [
        Person(number=number, shown=for_people(number, country=country), name=names.get(number, ""))
        for number in numbers
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What to know before writing; a problem will be refused when sent."""

    text: str
    is_problem: bool = False


def words(addressed: Addressed, *, sender: str, individually: bool) -> list[Word]:
    """Say what kind of message this will be, and what stands in its way."""
    found = _refusing(addressed, sender)
    if addressed.people and (doubt := registration.caution(sender, at_length=False)):
        found.append(Word(text=doubt))
    count = len(addressed.people)
    if count < 2:
        return found
    if individually:
        if count > MOST_INDIVIDUALLY:
            text = f"A text can go to {MOST_INDIVIDUALLY} people at a time. Remove some."
            return [*found, Word(text=text, is_problem=True)]
        return [*found, Word(text="Each gets a message of their own and sees nobody else.")]
    problem = group_problem(sender, addressed.numbers)
    if problem is not None:
        return [*found, Word(text=problem.text, is_problem=True)]
    text = "Group message (MMS): everybody sees all the numbers and gets all the replies."
    return [*found, Word(text=text)]


def _refusing(addressed: Addressed, sender: str) -> list[Word]:
    refused = set(
        OptOut.objects.filter(
            Q(our_number=sender) | Q(our_number=None), number__in=addressed.numbers
        ).values_list("number", flat=True)
    )
    return [
        Word(text=f"{person.title} does not want texts from this number.", is_problem=True)
        for person in addressed.people
        if person.number in refused
    ]
