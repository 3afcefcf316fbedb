"""Changing who is in a ring group, turns kept."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from messaging.models import Extension, RingGroup, RingGroupMember
from tenants import audit


@transaction.atomic
def set_members(group: RingGroup, extensions: Iterable[Extension]) -> None:
    """Make these the group's members; who stays keeps their turn."""
    wanted = {extension.pk: extension for extension in extensions}
    places = {place.extension_id: place for place in group.places.select_related("extension")}
    gone = [place for key, place in places.items() if key not in wanted]
    new = [extension for key, extension in wanted.items() if key not in places]
    RingGroupMember.objects.filter(pk__in=[place.pk for place in gone]).delete()
    RingGroupMember.objects.bulk_create(
        [RingGroupMember(group=group, extension=extension) for extension in new],
        ignore_conflicts=True,
    )
    if gone or new:
        before = sorted(place.extension.number for place in places.values())
        after = sorted(extension.number for extension in wanted.values())
        audit.note(
            group,
            audit.Action.CHANGED,
            changes={"members": (", ".join(before), ", ".join(after))},
        )
