"""Statuses as badges: an icon and a word, so that nobody has to tell colors apart."""

from __future__ import annotations

from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString

from messaging.models import Broadcast, Erasure, Export
from messaging.models.message import Status
from tenants.models import PhoneNumber

# Icon and kind; the kinds' colors are in static/messaging/log.css.
_MESSAGE: dict[str, tuple[str, str]] = {
    Status.RECEIVED: ("call_received", "good"),
    Status.SCHEDULED: ("schedule_send", "waits"),
    Status.QUEUED: ("schedule", "waits"),
    Status.SENDING: ("sync", "waits"),
    Status.SENT: ("check", "moves"),
    Status.UNCONFIRMED: ("help", "unsure"),
    Status.DELIVERED: ("done_all", "good"),
    Status.FAILED: ("error", "bad"),
    Status.CANCELED: ("block", "still"),
}
_EXPORT: dict[str, tuple[str, str]] = {
    Export.State.PENDING: ("schedule", "waits"),
    Export.State.RUNNING: ("sync", "moves"),
    Export.State.DONE: ("check", "good"),
    Export.State.FAILED: ("error", "bad"),
}

_BROADCAST: dict[str, tuple[str, str]] = {
    Broadcast.State.DRAFT: ("edit_note", "still"),
    Broadcast.State.SCHEDULED: ("schedule_send", "waits"),
    Broadcast.State.RUNNING: ("sync", "moves"),
    Broadcast.State.PAUSED: ("pause", "unsure"),
    Broadcast.State.DONE: ("check", "good"),
    Broadcast.State.CANCELED: ("block", "still"),
}

_REGISTRATION: dict[str, tuple[str, str]] = {
    PhoneNumber.Registration.UNKNOWN: ("help", "still"),
    PhoneNumber.Registration.PENDING: ("schedule", "waits"),
    PhoneNumber.Registration.REGISTERED: ("verified", "good"),
    PhoneNumber.Registration.REJECTED: ("error", "bad"),
}


@lru_cache(maxsize=256)  # of few kinds, and two in each row of the log
def badge(icon: str, kind: str, word: str) -> SafeString:
    """Write a badge."""
    return format_html(
        '<span class="tl-badge" data-kind="{}"><span class="material-symbols-outlined"'
        ' aria-hidden="true">{}</span>{}</span>',
        kind,
        icon,
        word,
    )


def message_badge(status: str) -> SafeString:
    """Write the badge of a message's status."""
    icon, kind = _MESSAGE[status]
    return badge(icon, kind, str(Status(status).label))


def export_badge(state: str) -> SafeString:
    """Write the badge of an export's state."""
    icon, kind = _EXPORT[state]
    return badge(icon, kind, str(Export.State(state).label))


def erasure_badge(state: str) -> SafeString:
    """Write the badge of an erasure's state."""
    icon, kind = _EXPORT[state]
    return badge(icon, kind, str(Erasure.State(state).label))


def broadcast_badge(state: str) -> SafeString:
    """Write the badge of a broadcast's state."""
    icon, kind = _BROADCAST[state]
    return badge(icon, kind, str(Broadcast.State(state).label))


def registration_badge(state: str) -> SafeString:
    """Write the badge of a number's registration."""
    icon, kind = _REGISTRATION[state]
    return badge(icon, kind, str(PhoneNumber.Registration(state).label))


def direction_badge(direction: str) -> SafeString:
    """Write the badge of a direction."""
    if direction == "in":
        return badge("south_west", "in", "In")
    return badge("north_east", "out", "Out")
