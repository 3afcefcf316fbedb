"""Putting an inbound message where its route leads: into a thread of somebody's inbox."""

from __future__ import annotations

from messaging import live
from messaging.conversations import note_last
from messaging.handling import choose
from messaging.handling.events import Kind, record
from messaging.inbound.routing import Route
from messaging.models import Conversation, Extension, Message, Note, RingGroupMember


def place(conversation: Conversation, route: Route, message: Message) -> None:
    """Bring the thread to the inboxes its route names, with the message as its last line.

    A thread of several people gets a handler; one of a single extension goes there, unless
    somebody put it elsewhere by hand. A thread that was done is open again.
    """
    note_last(message)
    before = conversation.extension_id
    shares = len(route.extensions) > 1 or bool(route.ring_groups)
    chosen = _handler(conversation, route) if shares else _only(conversation, route)
    if moved := before != (chosen.pk if chosen else None):
        _move(conversation, chosen, is_turn=shares)
    _share(conversation, route)
    _reopen(conversation)
    live.hint(conversation, also=[before] if moved and before else [])


def _handler(conversation: Conversation, route: Route) -> Extension | None:
    """Keep the handler who is there, or choose by turn among those who are."""
    handler = conversation.extension_id
    present = choose.present_of(route.extensions, route.ring_groups)
    for extension in present:
        if extension.pk == handler:
            return extension
    is_outside = handler is not None and not choose.are_among(
        handler, route.extensions, route.ring_groups
    )
    # An outsider is an admin's choice, or left from other settings of the number.
    if is_outside and choose.was_put_there(conversation):
        return conversation.extension
    return choose.by_turn(present, route.ring_groups)


def _only(conversation: Conversation, route: Route) -> Extension | None:
    extension = route.extensions[0] if route.extensions else None
    handler = conversation.extension_id
    is_elsewhere = handler is not None and handler != (extension.pk if extension else None)
    if is_elsewhere and choose.was_put_there(conversation):
        return conversation.extension
    return extension


def _move(conversation: Conversation, chosen: Extension | None, *, is_turn: bool) -> None:
    rows = Conversation.objects.filter(pk=conversation.pk, extension=conversation.extension_id)
    if not rows.update(extension=chosen):
        # A colleague took it at this moment: theirs it is.
        conversation.refresh_from_db(fields=["extension"])
        return
    conversation.extension = chosen
    if is_turn:
        record(conversation, Kind.GIVEN, extension=chosen)


def _share(conversation: Conversation, route: Route) -> None:
    """Show the thread to everybody the route names."""
    group = route.ring_groups[0] if route.ring_groups else None
    keys = _shared_with(conversation, route)
    if (group.pk if group else None, keys) == (
        conversation.ring_group_id,
        conversation.shared_with,
    ):
        return
    conversation.ring_group, conversation.shared_with = group, keys
    conversation.save(update_fields=["ring_group", "shared_with"])


def _shared_with(conversation: Conversation, route: Route) -> list[int]:
    keys = {extension.pk for extension in route.extensions}
    if not route.ring_groups and keys == {conversation.extension_id}:
        keys = set()  # one extension's alone
    for group in route.ring_groups[1:]:
        places = RingGroupMember.objects.filter(group=group)
        keys |= set(places.values_list("extension", flat=True))
    if guests := set(conversation.shared_with) - keys:
        # Whom a note brought in stays, whatever the number's settings say now.
        notes = Note.objects.filter(conversation=conversation)
        mentioned = notes.values_list("mentions", flat=True)
        keys |= guests & {key for each in mentioned for key in each}
    return sorted(keys)


def _reopen(conversation: Conversation) -> None:
    if conversation.done_at is None:
        return
    if Conversation.objects.filter(pk=conversation.pk, done_at__isnull=False).update(done_at=None):
        record(conversation, Kind.REOPENED)
    conversation.done_at = None
