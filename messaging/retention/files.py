"""Files whose rows are gone."""

from __future__ import annotations

import logging

from django.core.files.storage import default_storage

from messaging.models import DiscardedFile

logger = logging.getLogger(__name__)

_MOST = 500


def delete_discarded() -> int:
    """Delete what is noted, and the notes; return how many files went.

    What the store does not take now is left to the next sweep. Runs in the tenant's schema, beside
    others: a file that is gone already is nobody's trouble.
    """
    gone = []
    for note in DiscardedFile.objects.order_by("pk")[:_MOST]:
        try:
            default_storage.delete(note.path)
        except OSError as error:
            logger.warning("discarded file %s not deleted: %s", note.pk, type(error).__name__)
            break
        gone.append(note.pk)
    DiscardedFile.objects.filter(pk__in=gone).delete()
    return len(gone)
