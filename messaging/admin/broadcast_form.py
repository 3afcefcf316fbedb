"""The form of a broadcast: a text, and whom it goes to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from unfold.fields import UnfoldAdminMultipleAutocompleteModelChoiceField
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from messaging.admin.base import national
from messaging.admin.tenant_form import TenantForm, select, text_input
from messaging.broadcasts import audience as audiences
from messaging.broadcasts.audience import Audience, NoAudience
from messaging.models import Broadcast, Contact
from messaging.outbound.compose import MOST_UNITS, normal
from messaging.outbound.lines import Line
from messaging.segments import utf16_units
from messaging.spreadsheets.reading import BYTES_LIMIT

KEEP, ALL, TAG, CONTACTS, NUMBERS, FILE = "", "all", "tag", "contacts", "numbers", "file"
_CHOICES = [
    (ALL, "All contacts"),
    (TAG, "Contacts with a tag"),
    (CONTACTS, "Contacts picked one by one"),
    (NUMBERS, "Numbers, typed or pasted"),
    (FILE, "A CSV file"),
]
_MOST_PICKED = 1_000
SHOWN_WHEN = {
    "tag": f"audience == '{TAG}'",
    "contacts": f"audience == '{CONTACTS}'",
    "numbers": f"audience == '{NUMBERS}'",
    "file": f"audience == '{FILE}'",
}


class BroadcastForm(TenantForm):
    """Text, number and recipients of a broadcast that was not started."""

    lines: ClassVar[list[Line]]  # the company's, set by the screen

    name = forms.CharField(
        max_length=100,
        widget=text_input(placeholder="Closed on Friday", autocomplete="off"),
        help_text="For you alone: recipients do not see it.",
    )
    our_number = forms.ChoiceField(label="From", widget=select())
    text = forms.CharField(
        max_length=2000,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text="{name}, {first_name} and {company} stand for what is known of each recipient,"
        " and so does the name of any column of a CSV file: {due_date}. {first_name|there} says"
        " “there” where nothing is known.",
    )
    audience = forms.ChoiceField(label="Goes to", required=False, widget=select())
    tag = forms.ChoiceField(required=False, widget=select())
    contacts = UnfoldAdminMultipleAutocompleteModelChoiceField(
        "admin:messaging_broadcast_contacts",
        queryset=Contact.objects.none(),
        required=False,
        help_text="Type to search.",
    )
    numbers = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text="In any usual form, one a line or with commas between them.",
    )
    file = forms.FileField(
        label="CSV file",
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,text/csv"}),
        help_text="The first row names the columns, one of them “Phone number”. The others can be"
        " used in the text. Up to 2 MB.",
        error_messages={"empty": "The file is empty."},
    )

    class Meta:
        model = Broadcast
        fields = ["name", "our_number", "text"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found: Audience | None = None
        fields: Any = self.fields
        numbers = sorted(line.number for line in self.lines if line.problem is None)
        if self.instance.our_number and self.instance.our_number not in numbers:
            numbers.append(self.instance.our_number)
        fields["our_number"].choices = [(number, national(number)) for number in numbers]
        if not numbers:
            fields["our_number"].help_text = "There is no number to send from: set one up first."
        kept = [(KEEP, "The recipients as they are")] if self.instance.name else []
        fields["audience"].choices = [*kept, *_CHOICES]
        tags = Contact.objects.exclude(tags=[]).values_list("tags", flat=True)
        known = sorted({tag for each in tags for tag in each}, key=str.lower)
        fields["tag"].choices = [("", "Choose a tag"), *((tag, tag) for tag in known)]
        fields["contacts"].queryset = Contact.objects.all()
        # Only those chosen already: the page finds the others as one types.
        fields["contacts"].choices = self._picked() if self.is_bound else []

    def _picked(self) -> list[tuple[int, str]]:
        keys = [key for key in self.data.getlist("contacts") if key.isdecimal()]  # type: ignore[attr-defined]
        picked = Contact.objects.filter(pk__in=keys[:_MOST_PICKED])
        return [(contact.pk, contact_title(contact)) for contact in picked]

    def clean_text(self) -> str:
        text = normal(self.cleaned_data["text"])
        if not text.strip():
            raise forms.ValidationError("Write a text.")
        if utf16_units(text) > MOST_UNITS:
            raise forms.ValidationError(f"Carriers take {MOST_UNITS:,} characters. Shorten it.")
        return text

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > BYTES_LIMIT:
            raise forms.ValidationError("The file is larger than 2 MB: split it.")
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        kind = cleaned["audience"]
        if kind == KEEP:
            if not self.instance.name:
                self.add_error("audience", "Choose whom it goes to.")
            return cleaned
        try:
            self.found = self._read(kind, cleaned)
        except NoAudience as problem:
            self.add_error(kind if kind in SHOWN_WHEN else "audience", str(problem))
            return cleaned
        if not self.found.people:
            self.add_error(kind if kind in SHOWN_WHEN else "audience", _nobody(self.found))
        return cleaned

    def _read(self, kind: str, cleaned: dict[str, Any]) -> Audience:
        country = self.tenant.country
        readers: dict[str, Callable[[], Audience]] = {
            ALL: audiences.all_contacts,
            TAG: lambda: audiences.tagged(cleaned["tag"]),
            CONTACTS: lambda: audiences.picked(c.pk for c in cleaned["contacts"]),
            NUMBERS: lambda: audiences.typed(cleaned["numbers"], country=country),
            FILE: lambda: audiences.from_file(_content(cleaned["file"]), country=country),
        }
        found = readers[kind]()
        if len(found.people) > audiences.MOST_RECIPIENTS:
            raise NoAudience(
                f"These are {len(found.people):,} recipients, {audiences.MOST_RECIPIENTS:,} is the"
                " most: make several broadcasts of them."
            )
        return found


def contact_title(contact: Contact) -> str:
    """Write a contact as a choice."""
    return f"{contact.name}, {national(contact.number)}"


def clock_input() -> UnfoldAdminTextInputWidget:
    """Field for a date and a time of day."""
    return UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"})


def _content(file: Any) -> bytes:
    if not file:
        raise NoAudience("Choose a file.")
    data: bytes = file.read()
    return data


def _nobody(found: Audience) -> str:
    if found.invalid:
        return f"None of these is a phone number: {', '.join(found.invalid[:5])}."
    return "Nobody would get it: choose recipients."
