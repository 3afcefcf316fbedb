"""Extensions as a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from tablib import Dataset

from messaging.models import Extension, RingGroup
from messaging.spreadsheets.columns import ChoiceCell, Column, MailCell, TextCell
from messaging.spreadsheets.resource import SheetResource

_PERMISSIONS = {key: (str(label), key) for key, label in Extension.SmsPermission.choices}


class ExtensionSheet(SheetResource):
    """Extensions, matched by their number."""

    title = "extensions"
    required = ("Extension",)
    hints = (
        "SMS permission: "
        + ", ".join(f"“{names[0]}” or {names[1]}" for names in _PERMISSIONS.values())
        + ".",
    )

    number = Column(
        "number", "Extension", "number", "extension number", widget=TextCell(10, required=True)
    )
    name = Column("name", "Name", widget=TextCell(100))
    email = Column("email", "E-mail", "mail", widget=MailCell())
    sms_permission = Column(
        "sms_permission",
        "SMS permission",
        "permission",
        widget=ChoiceCell(_PERMISSIONS, unknown="“{}” is no SMS permission"),
    )

    class Meta(SheetResource.Meta):
        model = Extension
        fields = ("number", "name", "email", "sms_permission")

    _groups: frozenset[str] = frozenset()

    def stored(self, dataset: Dataset) -> Iterator[tuple[Any, Any]]:
        """Yield the extensions by number."""
        self._groups = frozenset(RingGroup.objects.values_list("number", flat=True))
        for extension in Extension.objects.all():
            yield extension.number, extension

    def judge(self, instance: Any, *, new: bool) -> None:
        """Judge the number's form."""
        if not re.fullmatch(r"[0-9]{2,10}", instance.number):
            raise ValidationError({"number": "use 2 to 10 digits, such as 101"})
        if new and instance.number in self._groups:
            raise ValidationError({"number": "a ring group has this number"})
