"""Asking many tenants at once whether a sweep would find anything.

Most of them have nothing to do most of the time, and entering each costs forty times as much.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django_tenants.utils import quote_schema_name

from messaging import sweeps
from messaging.exports.upkeep import KEPT

logger = logging.getLogger(__name__)

# Of each of them some forty tables and indexes are locked for the moment.
_AT_ONCE = 25

# Never less than what messaging.sweeps looks for: what is found here in vain costs one sweep.
_DUE = """
SELECT {name} WHERE EXISTS (
    SELECT FROM {schema}.messaging_message
    WHERE status IN ('scheduled', 'queued', 'sending')
        AND (status = 'queued' OR next_attempt_at <= %(now)s)
) OR EXISTS (
    SELECT FROM {schema}.messaging_message WHERE status = 'sent' AND sent_at <= %(silent)s
) OR EXISTS (
    SELECT FROM {schema}.messaging_message WHERE lookup_at <= %(now)s
) OR EXISTS (
    SELECT FROM {schema}.messaging_attachment
    WHERE message_id IS NULL AND state = 'ready' AND created_at < %(abandoned)s
) OR EXISTS (
    SELECT FROM {schema}.messaging_attachment WHERE state = 'pending'
) OR EXISTS (
    SELECT FROM {schema}.messaging_maildelivery
    WHERE state IN ('pending', 'sending') AND next_attempt_at <= %(now)s
) OR EXISTS (
    SELECT FROM {schema}.messaging_broadcast
    WHERE state = 'running' OR state = 'scheduled' AND scheduled_at <= %(now)s
) OR EXISTS (
    SELECT FROM {schema}.messaging_export
    WHERE state IN ('pending', 'running') OR created_at <= %(kept)s
) OR EXISTS (
    SELECT FROM {schema}.messaging_discardedfile
) OR EXISTS (
    SELECT FROM {schema}.messaging_erasure WHERE state IN ('pending', 'running')
)
"""


def with_work(schema_names: Sequence[str]) -> Iterator[str]:
    """Yield those of the tenants' schemas in which a sweep has something to do."""
    names = iter(schema_names)
    while some := list(islice(names, _AT_ONCE)):
        yield from _with_work(some)


def _with_work(schema_names: Sequence[str]) -> list[str]:
    now = timezone.now()
    values: dict[str, Any] = {
        "now": now,
        "silent": now - sweeps.SILENCE,
        "abandoned": now - sweeps.UPLOAD_KEPT,
        "kept": now - KEPT,
        **{f"name{place}": name for place, name in enumerate(schema_names)},
    }
    asked = " UNION ALL ".join(
        _DUE.replace("{name}", f"%(name{place})s").replace("{schema}", quote_schema_name(name))
        for place, name in enumerate(schema_names)
    )
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(asked, values)
            return [name for (name,) in cursor.fetchall()]
    except DatabaseError as error:  # one of them is gone or is being migrated: each is asked itself
        logger.warning("%s tenants not asked at once: %s", len(schema_names), type(error).__name__)
        return list(schema_names)
