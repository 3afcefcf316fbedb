"""Comparing a spreadsheet with what is stored, and storing it: all rows or none."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from import_export.resources import ModelResource
from import_export.results import Result, RowResult
from tablib import Dataset

from messaging.spreadsheets.columns import Column
from messaging.spreadsheets.reading import Sheet, read_sheet
from tenants.audit import note_added, note_changed
from tenants.cells import safe
from tenants.models import Tenant

logger = logging.getLogger(__name__)

_BATCH = 500
_WORDS = {
    RowResult.IMPORT_TYPE_NEW: "new",
    RowResult.IMPORT_TYPE_UPDATE: "changed",
    RowResult.IMPORT_TYPE_SKIP: "unchanged",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a row, and where; row 0 is the file as a whole."""

    row: int
    column: str
    text: str

    def __str__(self) -> str:
        place = f"Row {self.row}, {self.column}" if self.column else f"Row {self.row}"
        return f"{place}: {self.text}." if self.row else f"{self.text}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One cell that differs from what is stored."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What the import does with one row."""

    row: int
    key: str
    kind: str  # new, changed or unchanged
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an import did, or would do; with problems nothing is stored."""

    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]
    ignored: tuple[str, ...]

    def count(self, kind: str) -> int:
        """Count the rows of a kind."""
        return sum(line.kind == kind for line in self.lines)


class _NoDiff:
    """Stands in for import_export's, which works out what no page shows."""

    def __init__(self, resource: object, instance: object, new: object) -> None:
        pass

    def compare_with(self, resource: object, instance: object) -> None:
        pass


class SheetResource(ModelResource):  # type: ignore[misc]  # import_export has no types
    """Rows of one kind as a spreadsheet; a row of the file is matched by its key."""

    title: ClassVar[str]
    required: ClassVar[tuple[str, ...]]  # columns that a file must have
    hints: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()  # what the columns read of other tables, row by row
    fields: dict[str, Column]

    class Meta:
        skip_unchanged = True
        report_skipped = True
        skip_html_diff = True
        store_instance = True

    def __init__(self, tenant: Tenant) -> None:
        super().__init__()
        self.tenant = tenant
        self._known: dict[Any, Any] = {}
        self._seen: dict[Any, int] = {}
        self._row_numbers: Sequence[int] = ()

    @abstractmethod
    def stored(self, dataset: Dataset) -> Iterator[tuple[Any, Any]]:
        """Yield key and row of what is stored already."""

    def key(self, row: dict[str, Any]) -> Any:
        """Return what a row of the file is known by.

        Raises ValueError.
        """
        return self.fields["number"].clean(row)

    def judge(self, instance: Any, *, new: bool) -> None:
        """Judge a row whose cells are right one by one.

        Raises ValidationError with the field's name.
        """

    def titles(self) -> list[str]:
        """Return the names of the columns."""
        return [field.column_name for field in self.get_import_fields()]

    def written(self, instance: models.Model) -> list[str]:
        """Return the row's cells, safe to open in Excel."""
        return [safe(text) for text in self.export_resource(instance)]

    def read(self, data: bytes) -> Sheet:
        """Read an uploaded file.

        Raises UnreadableFile.
        """
        return read_sheet(data, [field.names for field in self.get_import_fields()])

    def run(self, sheet: Sheet, *, store: bool) -> Outcome:
        """Compare the file with what is stored, and store it if told to and all of it is right."""
        missing = [name for name in self.required if name not in sheet.dataset.headers]
        if missing:
            text = f"The file has no column “{missing[0]}”: its first row must name the columns"
            problem = Problem(row=0, column="", text=text)
            return Outcome(lines=(), problems=(problem,), ignored=sheet.ignored)
        self._known, self._seen = {}, {}
        self._row_numbers = sheet.row_numbers
        # Not import_data(): it makes two savepoints for each row, even of a dry run.
        result = self.import_data_inner(
            sheet.dataset,
            dry_run=not store,
            raise_errors=False,
            using_transactions=False,
            collect_failed_rows=False,
        )
        problems = list(self._problems(result))
        if store and not problems:
            problems = self._stored_or_why_not(result)
        return Outcome(
            lines=tuple(self._lines(result)), problems=tuple(problems), ignored=sheet.ignored
        )

    def store(self, new: list[Any], changed: list[tuple[Any, Any]]) -> None:
        """Write the rows, in few statements however many they are; each changed one as it was too.

        Raises IntegrityError.
        """
        model = self._meta.model
        columns = [field for field in self.get_import_fields() if field.is_stored_with_row]
        model.objects.bulk_create(new, batch_size=_BATCH)
        note_added(new)
        rows = [row for _, row in changed]
        model.objects.bulk_update(rows, [column.attribute for column in columns], batch_size=_BATCH)
        note_changed(changed)

    def _stored_or_why_not(self, result: Result) -> list[Problem]:
        rows = [(row.import_type, row.original, row.instance) for row in result.rows]
        new = [row for kind, _, row in rows if kind == RowResult.IMPORT_TYPE_NEW]
        changed = [(old, row) for kind, old, row in rows if kind == RowResult.IMPORT_TYPE_UPDATE]
        try:
            with transaction.atomic():
                self.store(new, changed)
        except IntegrityError:
            text = "Somebody else saved one of these rows at this moment: please import again"
            return [Problem(row=0, column="", text=text)]
        return []

    # --- What import_export asks ---

    @classmethod
    def get_diff_class(cls) -> type[_NoDiff]:
        """Leave the comparing to `_changes`."""
        return _NoDiff

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        """Look up in one go what the rows are compared with."""
        self._known = dict(self.stored(dataset))

    def get_or_init_instance(self, instance_loader: Any, row: dict[str, Any]) -> tuple[Any, bool]:
        """Find the row that the file's row is about."""
        try:
            found = self._known.get(self.key(row))
        except ValueError:
            found = None  # said again, with the column's name, when the cells are read
        return (found, False) if found is not None else (self.init_instance(row), True)

    def import_instance(self, instance: Any, row: dict[str, Any], **kwargs: Any) -> None:
        """Take the cells over, then judge them together."""
        new = instance.pk is None
        super().import_instance(instance, row, **kwargs)
        key, number = self.key(row), self._row_numbers[kwargs["row_number"] - 1]
        first = self._seen.setdefault(key, number)
        if first != number:
            raise ValidationError({"number": f"this is in row {first} already"})
        self.judge(instance, new=new)

    def save_instance(
        self, instance: Any, is_create: Any, row: dict[str, Any], **kwargs: Any
    ) -> None:
        """Leave the saving to `store`, which does it for all rows at once."""

    def after_import(self, dataset: Dataset, result: Result, **kwargs: Any) -> None:
        """Leave the sequences alone: no primary key is imported."""

    def get_import_id_fields(self) -> list[str]:
        """Name no column: `key` finds the rows."""
        return ["id"]

    # --- What the page shows ---

    def _lines(self, result: Result) -> Iterator[Line]:
        for number, row in zip(self._row_numbers, result.rows, strict=False):
            if row.import_type not in _WORDS:
                continue
            before = row.original if row.import_type == RowResult.IMPORT_TYPE_UPDATE else None
            new = row.import_type == RowResult.IMPORT_TYPE_NEW
            changes = self._changes(before, row.instance) if new or before else ()
            key = self.fields["number"].export(row.instance)
            yield Line(row=number, key=key, kind=_WORDS[row.import_type], changes=tuple(changes))

    def _changes(self, before: Any, after: Any) -> Iterator[Change]:
        for field in self.get_import_fields():
            if field is self.fields["number"]:
                continue  # the row's name; it never differs
            was = field.export(before) if before is not None else ""
            now = field.export(after)
            if was != now:
                yield Change(column=field.column_name, before=was, after=now)

    def _problems(self, result: Result) -> Iterator[Problem]:
        for base in result.base_errors:
            logger.error("import failed", exc_info=base.error)
            yield Problem(row=0, column="", text="The file could not be imported")
        rows = zip(self._row_numbers, result.rows, strict=False)
        for number, row in rows:
            for error in row.errors:
                logger.error("row of an import failed", exc_info=error.error)
                yield Problem(row=number, column="", text="this row could not be imported")
            if row.validation_error is not None:
                for attribute, texts in row.validation_error.message_dict.items():
                    for text in texts:
                        yield Problem(row=number, column=self._title(attribute), text=text)

    def _title(self, attribute: str) -> str:
        for name, field in self.fields.items():
            if attribute in (name, field.attribute):
                return str(field.column_name).lower()
        return ""
