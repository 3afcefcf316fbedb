"""Files whose rows are gone."""

from __future__ import annotations

import logging

from django.core.files.storage import default_storage
from django.db import transaction

from messaging.models import DiscardedFile

logger = logging.getLogger(__name__)

_MOST = 500
_MOST_FAILURES = 3  # of a store that is away each takes its time


def delete_discarded() -> int:
    """Delete what is noted, and the notes; return how many files went.

    What the store does not take now is left to the next sweep. Runs in the tenant's schema, beside
    others: a file that is gone already is nobody's trouble.
    """
    looked_at, kept = [], []
    for note in DiscardedFile.objects.order_by("pk")[:_MOST]:
        looked_at.append(note.pk)
        try:
            default_storage.delete(note.path)
        except OSError as error:
            logger.warning("a discarded file is left: %s", type(error).__name__)
            kept.append(DiscardedFile(path=note.path))
            if len(kept) == _MOST_FAILURES:
                break
    with transaction.atomic():
        # Behind the others: what cannot be deleted must not stand before what can.
        DiscardedFile.objects.bulk_create(kept)
        DiscardedFile.objects.filter(pk__in=looked_at).delete()
    return len(looked_at) - len(kept)
