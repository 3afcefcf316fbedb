"""Putting an inbound message where its route leads: into a thread of somebody's inbox."""

from __future__ import annotations

from messaging import live
from messaging.conversations import note_last
from messaging.inbound.routing import Route
from messaging.models import Conversation, Message


def place(conversation: Conversation, route: Route, message: Message) -> None:
    """Bring the thread to the inbox its route names, with the message as its last line."""
    note_last(message)
    extension = route.extensions[0] if route.extensions else None
    moved = conversation.extension_id != (extension.pk if extension else None)
    conversation.extension = extension
    if moved:
        conversation.save(update_fields=["extension"])
    live.hint(conversation)
