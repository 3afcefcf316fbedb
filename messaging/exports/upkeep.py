"""Looking after exports: ringing for those that wait, and forgetting old ones."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils import timezone

from messaging import queue
from messaging.exports import writer
from messaging.models import Export
from messaging.models.export import export_path

logger = logging.getLogger(__name__)

KEPT = timedelta(days=7)
# A task in the queue is given this long before it is taken for lost.
_GRACE = timedelta(seconds=30)


def sweep() -> None:
    """Look after one tenant's exports; runs in its schema, beside any number of workers."""
    now = timezone.now()
    lost = Q(state=Export.State.PENDING, touched_at__lte=now - _GRACE) | writer.dead()
    old = Q(created_at__lte=now - KEPT)
    found = list(Export.objects.filter(lost | old)[:100])
    if not found:
        return
    writer.give_up_interrupted()
    for export in found:
        if export.created_at <= now - KEPT:
            delete(export)
        elif export.attempts < writer.TRIES:
            _ring(export)


def delete(export: Export) -> None:
    """Delete the row and its file; a writer that is at it notices and stops."""
    Export.objects.filter(pk=export.pk).delete()
    try:
        default_storage.delete(export_path(export, ""))
    except OSError as error:
        logger.warning("file of export %s not deleted: %s", export.pk, type(error).__name__)


def _ring(export: Export) -> None:
    if export.state == Export.State.PENDING:
        # Noted: a long queue must not get the same row at every sweep.
        Export.objects.filter(pk=export.pk).update(touched_at=timezone.now())
    queue.enqueue(queue.RUN_EXPORT, export.pk)
