"""Writing rows as CSV that Excel opens as it is meant, piece by piece."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Model, QuerySet
from django_tenants.utils import tenant_context

from messaging.spreadsheets.resource import SheetResource

ROWS_LIMIT = 50_000
_BATCH = 500


def template(sheet: SheetResource) -> bytes:
    """Write the columns' names and no rows."""
    return codecs.BOM_UTF8 + _lines([sheet.titles()])


def export(sheet: SheetResource, keys: Sequence[object], rows: QuerySet[Model]) -> Iterator[bytes]:
    """Write the rows of the primary keys, in their order.

    Each piece enters the tenant anew: the request, and its schema, are over by then.
    """
    titles = [field.column_name for field in sheet.get_export_fields()]
    yield codecs.BOM_UTF8 + _lines([titles])
    rows = rows.prefetch_related(*sheet.reads)
    for start in range(0, len(keys), _BATCH):
        batch = keys[start : start + _BATCH]
        with tenant_context(sheet.tenant):
            found = {row.pk: row for row in rows.filter(pk__in=batch)}
            piece = _lines(sheet.written(found[key]) for key in batch if key in found)
        yield piece


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
