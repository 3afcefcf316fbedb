"""Writing an export: once, in batches, with a sign of life after each.

The claim is one conditional UPDATE. A worker that dies leaves the row in `running` without a sign
of life; the sweep rings for it again.
"""

from __future__ import annotations

import csv
import io
import logging
from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from messaging.exports import person_file
from messaging.exports.message_sheet import HEADINGS, batches
from messaging.exports.selection import Unreadable, narrowed
from messaging.models import Export, Message
from messaging.models.export import PERSON, export_path
from messaging.plaintext import one_line
from tenants.models import Tenant
from tenants.schema import tenant_connection

logger = logging.getLogger(__name__)

TRIES = 3
# How long a writer may give no sign of life before it is taken for dead.
SILENCE = timedelta(minutes=2)

_NO_ROOM = "The file could not be written. Ask the system admin whether the disk is full."
_INTERRUPTED = "Writing was interrupted several times. Ask for the export again."


class _Taken(Exception):
    """The export was deleted, or another worker has taken it over."""


def run(export_id: UUID) -> None:
    """Write one export if it waits for it; runs in the tenant's schema."""
    if not _claim(export_id):
        return
    export = Export.objects.get(pk=export_id)
    tenant: Tenant = tenant_connection.tenant
    try:
        with TemporaryFile() as file:
            _write(export, tenant, file)
            _finish(export, file)
    except _Taken:
        return
    except Unreadable as error:
        _give_up(export, str(error))
    except (OSError, OperationalError) as error:
        logger.error("export %s not written: %s", export.pk, type(error).__name__)
        _try_again(export)


def give_up_interrupted() -> None:
    """Close the exports whose writers died too often."""
    Export.objects.filter(dead(), attempts__gte=TRIES).update(
        state=Export.State.FAILED, error=_INTERRUPTED, finished_at=timezone.now()
    )


def dead() -> Q:
    """Tell running exports whose writer gives no sign of life."""
    return Q(state=Export.State.RUNNING, touched_at__lte=timezone.now() - SILENCE)


def _claim(export_id: UUID) -> bool:
    waiting = Q(state=Export.State.PENDING) | dead()
    claimed = Export.objects.filter(waiting, pk=export_id, attempts__lt=TRIES).update(
        state=Export.State.RUNNING,
        attempts=F("attempts") + 1,
        touched_at=timezone.now(),
        rows_done=0,
        error="",
    )
    return bool(claimed)


def _write(export: Export, tenant: Tenant, file: IO[bytes]) -> None:
    if export.kind == PERSON:
        done = person_file.write(
            file,
            export.filters["number"],
            tenant,
            progress=lambda done: _note(export, rows_done=done),
        )
        _note(export, rows_done=done, rows_total=done)
        return
    # What is written later is not part of it: the end stays where it was when it was asked for.
    messages = narrowed(
        Message.objects.filter(created_at__lte=export.created_at), export.filters, tenant
    )
    _note(export, rows_total=messages.count())
    # The mark at the start tells Excel that it is UTF-8.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    sheet = csv.writer(text)
    sheet.writerow(HEADINGS)
    done = 0
    for rows in batches(messages, tenant):
        sheet.writerows(rows)
        done += len(rows)
        _note(export, rows_done=done)
    text.detach()
    _note(export, rows_done=done, rows_total=done)


def _finish(export: Export, file: IO[bytes]) -> None:
    # What an earlier, interrupted writer left would make the storage choose another name.
    default_storage.delete(export_path(export, ""))
    size = file.tell()
    file.seek(0)
    export.file.save("export.csv", File(file), save=False)
    try:
        _note(
            export,
            state=Export.State.DONE,
            file=export.file.name,
            size=size,
            finished_at=timezone.now(),
        )
    except _Taken:
        default_storage.delete(export_path(export, ""))
        raise


def _note(export: Export, **columns: object) -> None:
    kept = _ours(export).update(touched_at=timezone.now(), **columns)
    if not kept:
        raise _Taken


def _give_up(export: Export, why: str) -> None:
    _ours(export).update(
        state=Export.State.FAILED, error=one_line(why, limit=300), finished_at=timezone.now()
    )


def _try_again(export: Export) -> None:
    if export.attempts >= TRIES:
        _give_up(export, _NO_ROOM)
        return
    _ours(export).update(state=Export.State.PENDING, touched_at=timezone.now())


def _ours(export: Export) -> QuerySet[Export]:
    # The count of attempts tells this claim from a later one.
    return Export.objects.filter(pk=export.pk, state=Export.State.RUNNING, attempts=export.attempts)
