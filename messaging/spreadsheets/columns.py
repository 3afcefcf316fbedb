"""Kinds of columns: how a cell is read, judged and written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from import_export.fields import Field
from import_export.widgets import Widget

from messaging.models import Extension
from messaging.tags import NotATag, parse_tags
from tenants.numbers import NotAPhoneNumber, to_e164

_ROUNDED = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE]\+?\d+")
_YES = {"yes", "y", "true", "1", "on", "x"}
_NO = {"no", "n", "false", "0", "off"}


class Column(Field):  # type: ignore[misc]  # import_export has no types
    """Column of a spreadsheet; `aliases` are the other names people give it."""

    is_stored_with_row = True  # not so what lies in a table of its own

    def __init__(self, attribute: str, title: str, *aliases: str, **options: Any) -> None:
        super().__init__(attribute=attribute, column_name=title, **options)
        self.names = (title, *aliases)


class TextCell(Widget):  # type: ignore[misc]  # import_export has no types
    """One line of text."""

    def __init__(self, limit: int, *, required: bool = False, lines: bool = False) -> None:
        super().__init__()
        self.limit = limit
        self.required = required
        self.lines = lines

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        """Return the text without surrounding space.

        Raises ValueError.
        """
        text = str(value or "").strip()
        if not self.lines:
            text = " ".join(text.split())
        if self.required and not text:
            raise ValueError("the cell is empty")
        if len(text) > self.limit:
            raise ValueError(f"the text is longer than {self.limit} characters")
        return text

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Write the text."""
        return "" if value is None else str(value)


class MailCell(TextCell):
    """E-mail address, or nothing."""

    def __init__(self) -> None:
        super().__init__(254)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        """Return the address.

        Raises ValueError.
        """
        text = super().clean(value)
        try:
            if text:
                validate_email(text)
        except ValidationError as error:
            raise ValueError(f"“{text[:60]}” is not an e-mail address") from error
        return text


class NumberCell(Widget):  # type: ignore[misc]  # import_export has no types
    """Phone number in any usual form."""

    def __init__(self, country: str, *, empty: str | None = None) -> None:
        super().__init__()
        self.country = country
        self.empty = empty  # words that stand for "none", where there may be none
        self._read: dict[str, str] = {}  # each cell is asked for several times

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str | None:
        """Return the number as E.164.

        Raises ValueError.
        """
        typed = str(value or "").strip().lstrip("'").strip()
        if typed not in self._read:
            number = self._number(typed)
            if number is None:
                return None
            self._read[typed] = number
        return self._read[typed]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Write the number as it is stored."""
        return str(value) if value else (self.empty or "")

    def _number(self, typed: str) -> str | None:
        if self.empty is not None and typed.lower() in ("", self.empty.lower()):
            return None
        if not typed:
            raise ValueError("the cell is empty")
        if _ROUNDED.fullmatch(typed):
            raise ValueError(
                f"“{typed}”: Excel has rounded this number; format the column as text and enter"
                " the number again"
            )
        try:
            return to_e164(typed, country=self.country, short_codes=True)
        except NotAPhoneNumber as error:
            return self._international(typed, error)

    def _international(self, typed: str, error: NotAPhoneNumber) -> str:
        # Excel drops the + of a number, and with it the country it is from.
        digits = re.sub(r"[ ().-]", "", typed)
        if digits.isascii() and digits.isdecimal() and len(digits) >= 11:
            try:
                return to_e164(f"+{digits}", country=self.country)
            except NotAPhoneNumber:
                pass
        raise ValueError(str(error).rstrip(".")) from error


class ChoiceCell(Widget):  # type: ignore[misc]  # import_export has no types
    """One of a few things, each by any of its names; written by the first."""

    def __init__(self, choices: Mapping[Any, tuple[str, ...]], *, unknown: str) -> None:
        super().__init__()
        self.named = {name.lower(): key for key, names in choices.items() for name in names}
        self.titles = {key: names[0] for key, names in choices.items()}
        self.unknown = unknown

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """Return what is named.

        Raises ValueError.
        """
        text = " ".join(str(value or "").split())
        if text.lower() in self.named:
            return self.named[text.lower()]
        raise ValueError(self.unknown.format(text[:60]) if text else "the cell is empty")

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Write the first name."""
        return self.titles.get(value, "")


class ExtensionsCell(Widget):  # type: ignore[misc]  # import_export has no types
    """Several extensions by their numbers, with semicolons between them."""

    def __init__(self, extensions: Iterable[Extension]) -> None:
        super().__init__()
        self.numbered = {extension.number: extension for extension in extensions}

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> tuple[Extension, ...]:
        """Return the extensions in the order of their numbers, each once.

        Raises ValueError.
        """
        typed = {word.strip() for word in re.split("[;,]", str(value or ""))} - {""}
        unknown = sorted(typed - set(self.numbered))
        if unknown:
            raise ValueError(
                f"there is no extension {unknown[0][:60]}: write numbers, as in 101;102"
            )
        return tuple(self.numbered[number] for number in sorted(typed))

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Write the numbers."""
        return ";".join(extension.number for extension in value or ())


class YesNoCell(Widget):  # type: ignore[misc]  # import_export has no types
    """Yes or no; an empty cell is a yes."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        """Return the answer.

        Raises ValueError.
        """
        text = str(value or "").strip().lower()
        if text in _NO:
            return False
        if not text or text in _YES:
            return True
        raise ValueError(f"“{text[:20]}” is neither yes nor no")

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Write the answer."""
        return "yes" if value else "no"


class TagsCell(Widget):  # type: ignore[misc]  # import_export has no types
    """Tags with commas between them."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[str]:
        """Return the tags.

        Raises ValueError.
        """
        try:
            return parse_tags(str(value or ""))
        except NotATag as error:
            raise ValueError(str(error)) from error

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Write the tags."""
        return ", ".join(value or [])
