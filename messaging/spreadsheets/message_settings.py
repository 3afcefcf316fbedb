"""Message Settings as a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from tablib import Dataset

from messaging.models import Extension, MessageSetting, RingGroup, SmsConfiguration
from messaging.number_settings import (
    NumberProblem,
    check_line,
    platform_account_is_offered,
)
from messaging.number_sharing import check_sharing
from messaging.spreadsheets.columns import (
    ChoiceCell,
    Column,
    ExtensionsCell,
    MailCell,
    NumberCell,
    TextCell,
    YesNoCell,
)
from messaging.spreadsheets.resource import SheetResource
from tenants.audit import note_added
from tenants.models import PhoneNumber, Tenant
from tenants.numbers import kind_of

PLATFORM = "Bandwidth (platform account)"


class _OthersColumn(Column):
    """The other extensions: what the file says, or what is stored."""

    is_stored_with_row = False

    def get_value(self, instance: MessageSetting) -> tuple[Extension, ...]:
        """Return the extensions by number."""
        typed: tuple[Extension, ...] | None = instance.__dict__.get(self.attribute)
        if typed is not None or instance.pk is None:
            return typed or ()
        return tuple(sorted(instance.other_extensions.all(), key=lambda each: each.number))


class MessageSettingSheet(SheetResource):
    """Message Settings, matched by the number."""

    title = "Message Settings"
    required = ("Phone number",)
    reads = ("other_extensions",)
    hints = (
        f"Provider: the name of an SMS/MMS configuration, or “{PLATFORM}”. A new number needs one.",
        "Extension: its number; an empty cell is nobody's.",
        "Other extensions: the numbers of those who share its inbox, with ; between them: 101;102.",
        "Ring group: its number, in place of extensions.",
        "Enabled: yes or no.",
    )

    number = Column("phone_number", "Phone number", "number", "phone", "destination")
    provider = Column("provider", "Provider", "carrier", "configuration", saves_null_values=True)
    extension = Column("extension", "Extension", "assigned extension", saves_null_values=True)
    others = _OthersColumn("others", "Other extensions", "other_extensions", "shared with")
    ring_group = Column("ring_group", "Ring group", "group", saves_null_values=True)
    email = Column("email", "E-mail", "mail", "assigned email", widget=MailCell())
    description = Column("description", "Description", widget=TextCell(200))
    enabled = Column("enabled", "Enabled", "on", widget=YesNoCell())

    class Meta(SheetResource.Meta):
        model = MessageSetting
        fields = (
            "number",
            "provider",
            "extension",
            "others",
            "ring_group",
            "email",
            "description",
            "enabled",
        )

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self.fields["number"].widget = NumberCell(tenant.country)
        accounts = list(SmsConfiguration.objects.select_related("trunk"))
        self.fields["provider"].widget = ChoiceCell(
            {None: (PLATFORM, "platform"), **{account: (account.name,) for account in accounts}},
            unknown="there is no SMS/MMS configuration “{}”",
        )
        extensions = list(Extension.objects.all())
        self.fields["extension"].widget = ChoiceCell(
            {None: ("", "nobody", "none"), **{e: (e.number, str(e)) for e in extensions}},
            unknown="there is no extension {}",
        )
        self.fields["others"].widget = ExtensionsCell(extensions)
        groups = RingGroup.objects.all()
        self.fields["ring_group"].widget = ChoiceCell(
            {None: ("", "none"), **{group: (group.number, str(group)) for group in groups}},
            unknown="there is no ring group {}",
        )
        self._numbers: dict[str, PhoneNumber] = {}
        self._offered = False
        self._was_platform: frozenset[int] = frozenset()

    def stored(self, dataset: Dataset) -> Iterator[tuple[Any, Any]]:
        """Yield the settings by number; look up who has the other numbers of the file."""
        typed = dataset["Phone number"]
        found = PhoneNumber.objects.select_related("trunk").filter(number__in=self._clean(typed))
        self._numbers = {number.number: number for number in found}
        self._offered = platform_account_is_offered()
        settings = MessageSetting.objects.select_related(
            "phone_number__trunk", "provider__trunk", "extension", "ring_group"
        ).prefetch_related(*self.reads)
        was_platform: set[int] = set()
        column = self.fields["others"]
        for setting in settings:
            if setting.provider_id is None:
                was_platform.add(setting.pk)
            # Kept with the row: a copy of it forgets what was prefetched.
            kept: Any = setting
            kept.others = column.get_value(setting)
            yield setting.phone_number.number, setting
        self._was_platform = frozenset(was_platform)

    def import_field(self, field: Column, instance: Any, row: Any, *args: Any, **kw: Any) -> None:
        """Read the number as a row of the directory, the other cells as they are."""
        if field is not self.fields["number"]:
            super().import_field(field, instance, row, *args, **kw)
        elif instance.pk is None:
            typed: str = field.clean(row)
            instance.phone_number = self._numbers.get(typed) or PhoneNumber(number=typed)
        else:
            field.clean(row)

    def import_instance(self, instance: Any, row: dict[str, Any], **kwargs: Any) -> None:
        """Have a new number name its provider."""
        if instance.pk is None and "Provider" not in row:
            raise ValidationError({"provider": "a new number needs a provider, add the column"})
        super().import_instance(instance, row, **kwargs)

    def judge(self, instance: Any, *, new: bool) -> None:
        """Judge number and provider by the rules of the form."""
        number = instance.phone_number
        offered = self._offered or instance.pk in self._was_platform
        try:
            check_line(
                self.tenant,
                number if number.pk else None,
                instance.provider,
                platform_offered=offered,
            )
            others = self.fields["others"].get_value(instance)
            instance.others = tuple(each for each in others if each != instance.extension)
            check_sharing(instance.extension, instance.others, instance.ring_group)
        except NumberProblem as problem:
            raise _said(problem) from problem

    def store(self, new: list[Any], changed: list[tuple[Any, Any]]) -> None:
        """Write the settings, new numbers first."""
        unknown = [setting for setting in new if setting.phone_number.pk is None]
        for setting in unknown:
            number, trunk = setting.phone_number, setting.provider.trunk
            number.tenant, number.trunk, number.kind = self.tenant, trunk, kind_of(number.number)
        numbers = [setting.phone_number for setting in unknown]
        # Without ignoring conflicts: another tenant's number must not become ours.
        PhoneNumber.objects.bulk_create(numbers, batch_size=500)
        note_added(numbers)
        for setting in unknown:
            setting.phone_number = setting.phone_number  # its key is known only now
        super().store(new, changed)
        shared = [(setting, ()) for setting in new]
        column = self.fields["others"]
        shared += [(setting, column.get_value(before)) for before, setting in changed]
        for setting, before in shared:
            if setting.others != before:
                setting.other_extensions.set(setting.others)

    def _clean(self, typed: list[str]) -> set[str]:
        found: set[str] = set()
        for text in typed:
            try:
                found.add(self.fields["number"].widget.clean(text))
            except ValueError:
                continue  # said with the row
        return found


def _said(problem: NumberProblem) -> ValidationError:
    name = "others" if problem.field == "other_extensions" else problem.field
    return ValidationError({name: problem.message.rstrip(".")})
