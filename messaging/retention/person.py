"""What a tenant has of one person outside: the threads of a number, and the texts in them.

Of a thread with several people only what the person wrote and what was sent to all of them is the
person's; what the others wrote is theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from messaging.models import Conversation, Message

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads:
    """Keys of the threads a number takes part in."""

    own: list[int]
    groups: list[int]


def threads_of(number: str) -> Threads:
    """Find the threads of a number; a short code may stand inside another's number."""
    found = Conversation.objects.filter(participants_key__contains=number)
    keys = found.order_by("pk").values_list("pk", "participants_key")
    own: list[int] = []
    groups: list[int] = []
    for key, parties in keys:
        people = parties.split(",")
        if number in people:
            (groups if len(people) > 1 else own).append(key)
    return Threads(own=own, groups=groups)


def texts_of(number: str) -> QuerySet[Message]:
    """Return the texts from and to a number, in all of its threads."""
    threads = threads_of(number)
    to_all = Q(direction=Message.Direction.OUT) | Q(sender=number)
    return Message.objects.filter(
        Q(conversation__in=threads.own) | Q(conversation__in=threads.groups) & to_all
    )


def batches(texts: QuerySet[Message], *related: str) -> Iterator[list[Any]]:
    """Yield texts, oldest first; each batch is a query of its own, and memory holds one."""
    ordered = texts.order_by("created_at", "id").select_related("conversation")
    rest = ordered.prefetch_related(*related)
    while found := list(rest[:_BATCH]):
        yield found
        last = found[-1]
        later = Q(created_at__gt=last.created_at) | Q(pk__gt=last.pk)
        rest = ordered.prefetch_related(*related).filter(later, created_at__gte=last.created_at)
