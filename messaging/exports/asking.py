"""Asking for an export: judged at once, stored, and handed to a worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from messaging import queue
from messaging.exports.selection import chosen
from messaging.models import Export
from messaging.models.export import MESSAGES, PERSON
from tenants.models import Tenant, User

UNFINISHED = (Export.State.PENDING, Export.State.RUNNING)
_MOST_AT_ONCE = 5


class TooMany(Exception):
    """The person's earlier exports must be finished first; the message says so."""


def ask_for_messages(user: User, tenant: Tenant, filters: Mapping[str, Any]) -> Export:
    """Have the messages of these filters written; runs in the tenant's schema.

    Raises Unreadable or TooMany, with nothing stored.
    """
    return _ask(user, MESSAGES, chosen(filters, tenant))


def ask_for_person(user: User, number: str) -> Export:
    """Have all written that there is of a number outside; runs in the tenant's schema.

    Raises TooMany, with nothing stored.
    """
    return _ask(user, PERSON, {"number": number})


def _ask(user: User, kind: str, filters: dict[str, str]) -> Export:
    if Export.objects.filter(user=user, state__in=UNFINISHED).count() >= _MOST_AT_ONCE:
        raise TooMany(
            f"{_MOST_AT_ONCE} of your exports are still being written."
            " Wait for one to finish, or delete one."
        )
    with transaction.atomic():
        export = Export.objects.create(kind=kind, filters=filters, user=user)
        queue.enqueue(queue.RUN_EXPORT, export.pk)
    return export
