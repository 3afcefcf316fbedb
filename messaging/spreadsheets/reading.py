"""Reading an uploaded CSV file as Excel and its relatives write them."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

from tablib import Dataset

from messaging.plaintext import storable
from tenants.cells import plain

BYTES_LIMIT = 2 * 1024 * 1024
ROWS_LIMIT = 5_000
_SEPARATORS = ",;\t"
_CELL_LIMIT = 20_000
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class UnreadableFile(ValueError):
    """The file is no table we can read; the message says to the person what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Table of an uploaded file; `row_numbers` are those the person sees in the spreadsheet."""

    dataset: Dataset
    row_numbers: tuple[int, ...]
    ignored: tuple[str, ...]


def read_sheet(data: bytes, columns: Iterable[tuple[str, ...]]) -> Sheet:
    """Read a CSV file; each of `columns` is a column's name and the other names it goes by.

    Raises UnreadableFile.
    """
    rows = _rows(_text(data))
    if not rows:
        raise UnreadableFile("The file is empty: the first row must name the columns.")
    (_, titles), body = rows[0], rows[1:]
    headers, ignored = _headers(titles, columns)
    if len(body) > ROWS_LIMIT:
        raise UnreadableFile(
            f"The file has {len(body):,} rows: split it into files of {ROWS_LIMIT:,} at most."
        )
    if not body:
        raise UnreadableFile("The file has a row of column names and nothing below it.")
    kept = [index for index, name in enumerate(headers) if name]
    dataset = Dataset(headers=[headers[index] for index in kept])
    for _, cells in body:
        dataset.append([plain(cells[i]) if i < len(cells) else "" for i in kept])
    return Sheet(dataset=dataset, row_numbers=tuple(n for n, _ in body), ignored=ignored)


def read_table(data: bytes, *, most: int = ROWS_LIMIT) -> tuple[list[str], list[list[str]]]:
    """Read a CSV file whatever its columns are: their titles, and the rows below.

    Raises UnreadableFile.
    """
    rows = _rows(_text(data))
    if not rows:
        raise UnreadableFile("The file is empty: the first row must name the columns.")
    (_, titles), body = rows[0], rows[1:]
    if not body:
        raise UnreadableFile("The file has a row of column names and nothing below it.")
    if len(body) > most:
        raise UnreadableFile(f"The file has {len(body):,} rows: {most:,} is the most.")
    return [title.strip() for title in titles], [[plain(c) for c in cells] for _, cells in body]


def _text(data: bytes) -> str:
    if len(data) > BYTES_LIMIT:
        raise UnreadableFile("The file is larger than 2 MB: split it.")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableFile("This is an Excel workbook: save it as CSV first, then upload that.")
    if data.startswith(_UTF16):
        return storable(data.decode("utf-16", "replace"))
    try:
        return storable(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        # What Excel calls plain "CSV" on an English Windows; five bytes stand for nothing there.
        return storable(data.decode("cp1252", "replace"))


def _rows(text: str) -> list[tuple[int, list[str]]]:
    first = text.lstrip().partition("\n")[0]
    declared = re.fullmatch(r"sep=(.)\s*", first.strip("\r\n"))
    separator = declared[1] if declared else max(_SEPARATORS, key=first.count)
    csv.field_size_limit(BYTES_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        found = [(number, row) for number, row in enumerate(reader, 1) if any(map(str.strip, row))]
    except csv.Error as error:
        raise UnreadableFile("This is not a CSV file: save the table as CSV first.") from error
    if any(len(cell) > _CELL_LIMIT for _, row in found for cell in row):
        raise UnreadableFile("A cell of the file is longer than any text: is a quote mark missing?")
    return found[1:] if declared else found


def _headers(
    titles: list[str], columns: Iterable[tuple[str, ...]]
) -> tuple[list[str], tuple[str, ...]]:
    named = {_folded(alias): names[0] for names in columns for alias in names}
    headers: list[str] = []
    ignored: list[str] = []
    for title in titles:
        name = named.get(_folded(title), "")
        if name and name in headers:
            raise UnreadableFile(f"The column “{name}” is in the file twice.")
        if not name and title.strip():
            ignored.append(title.strip()[:40])
        headers.append(name)
    return headers, tuple(ignored)


def _folded(title: str) -> str:
    return "".join(character for character in title.lower() if character.isalnum())
