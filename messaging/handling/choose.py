"""Choosing a thread's handler: whoever has it keeps it; else it is somebody's turn.

The workers take a tenant's texts one after the other (messaging.inbound.claims), so turns are in
order; a place in a ring group is claimed by a conditional UPDATE all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Max, Q
from django.utils import timezone

from messaging.handling.people import reachable
from messaging.models import (
    Conversation,
    Extension,
    HandlingEvent,
    RingGroup,
    RingGroupMember,
)

# How far back a turn is remembered that no ring group keeps.
_REMEMBERED = 1000

# Without waiting: whom another worker gives a thread at this moment has had the turn.
_CLAIM = """
    UPDATE messaging_ringgroupmember SET last_given_at = %s
    WHERE id = (
        SELECT id FROM messaging_ringgroupmember
        WHERE id = %s AND last_given_at IS NOT DISTINCT FROM %s
        FOR UPDATE SKIP LOCKED
    )
"""


def was_put_there(conversation: Conversation) -> bool:
    """Tell whether the handler has the thread because somebody decided so."""
    by_hand = (
        HandlingEvent.Kind.TAKEN,
        HandlingEvent.Kind.ASSIGNED,
        HandlingEvent.Kind.TRANSFERRED,
    )
    last = (
        conversation.handling_events.exclude(
            kind__in=[HandlingEvent.Kind.DONE, HandlingEvent.Kind.REOPENED]
        )
        .order_by("-at", "-id")
        .values_list("kind", "extension")
        .first()
    )
    return last is not None and last[0] in by_hand and last[1] == conversation.extension_id


def are_among(key: int, extensions: Sequence[Extension], groups: Sequence[RingGroup]) -> bool:
    """Tell whether the extension is one of these, or in one of the groups."""
    listed = any(extension.pk == key for extension in extensions)
    return listed or RingGroupMember.objects.filter(group__in=groups, extension=key).exists()


def present_of(extensions: Sequence[Extension], groups: Sequence[RingGroup]) -> list[Extension]:
    """Return whose turn it may be: available, with a person who may sign in; in one query."""
    wanted = Q(pk__in=[extension.pk for extension in extensions])
    if groups:
        places = RingGroupMember.objects.filter(group__in=groups)
        wanted |= Q(pk__in=places.values("extension"))
    return list(reachable(Extension.objects.filter(wanted)).order_by("number"))


def by_turn(present: Sequence[Extension], groups: Sequence[RingGroup]) -> Extension | None:
    """Choose who was given a thread longest ago, and note the turn; None when nobody is there."""
    if not present:
        return None
    by_key = {extension.pk: extension for extension in present}
    if len(groups) == 1:
        places = RingGroupMember.objects.filter(group=groups[0])
        if chosen := _claimed(places.values_list("pk", "extension", "last_given_at"), by_key):
            return chosen
    turns = _turns(by_key)
    return by_key[min(by_key, key=lambda key: turns.get(key, 0))]


def _claimed(
    places: Iterable[tuple[int, int, datetime | None]], present: dict[int, Extension]
) -> Extension | None:
    members = [place for place in places if place[1] in present]
    # The never given first, then the longest ago; in the order of their numbers among equals.
    order = {key: position for position, key in enumerate(present)}
    members.sort(key=lambda place: (place[2] is not None, place[2], order[place[1]]))
    with connection.cursor() as cursor:
        for pk, key, seen in members:
            cursor.execute(_CLAIM, [timezone.now(), pk, seen])
            if cursor.rowcount:
                return present[key]
    return None


def _turns(present: dict[int, Extension]) -> dict[int, int]:
    """Return the last turn of each, the higher the later, as far as it is remembered."""
    newest = HandlingEvent.objects.aggregate(last=Max("pk"))["last"] or 0
    given = HandlingEvent.objects.filter(
        pk__gt=newest - _REMEMBERED, kind=HandlingEvent.Kind.GIVEN, extension__in=present
    )
    return dict(given.order_by().values_list("extension").annotate(last=Max("pk")))
