"""What people do with a thread: take, transfer, assign, done, reopen.

Each is one conditional UPDATE: of two who do it at once one is first, and the other is told so.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from messaging import live
from messaging.handling.events import Kind, record
from messaging.handling.people import sharers
from messaging.handling.refusals import HandlingRefused
from messaging.models import Conversation, Extension
from messaging.visibility import Desk
from tenants.models import User
from tenants.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts on a thread that they may see; `desk` is their own extension."""

    user: User
    role: Role
    desk: Desk | None

    @property
    def extension(self) -> Extension | None:
        """The own extension."""
        return self.desk.extension if self.desk else None

    @property
    def is_admin(self) -> bool:
        """Tell whether they may act on any thread."""
        return self.role >= Role.ADMIN


def may_transfer(conversation: Conversation, actor: Actor) -> bool:
    """Tell whether the person may hand the thread on: its handler, or an admin."""
    if actor.is_admin:
        return True
    return actor.extension is not None and conversation.extension_id == actor.extension.pk


def take(conversation: Conversation, actor: Actor, *, seen: int | None) -> None:
    """Make the person the thread's handler; `seen` is the handler they took it from.

    Raises HandlingRefused.
    """
    own = actor.extension
    if own is None:
        raise HandlingRefused("You have no extension of your own, so you cannot take it.")
    if conversation.extension_id == own.pk:
        return
    _hand_over(conversation, own, Kind.TAKEN, by=actor.user, seen=seen)


def transfer(conversation: Conversation, actor: Actor, to: Extension) -> None:
    """Hand the thread to another who shares it.

    Raises HandlingRefused.
    """
    if not may_transfer(conversation, actor):
        raise HandlingRefused(
            "Only who handles this conversation, or an admin, can transfer it. Take it first.",
            code="not_allowed",
        )
    if not sharers(conversation).filter(pk=to.pk).exists():
        raise HandlingRefused(
            f"{to} does not share this conversation. Choose somebody who does.",
            code="invalid_extension",
        )
    seen = conversation.extension_id
    if seen == to.pk:
        raise HandlingRefused(f"{to} has this conversation already.")
    _hand_over(conversation, to, Kind.TRANSFERRED, by=actor.user, seen=seen)


def assign(conversation: Conversation, actor: Actor, to: Extension | None) -> None:
    """Give the thread to any extension, or to nobody; for admins.

    Raises HandlingRefused.
    """
    if not actor.is_admin:
        raise HandlingRefused("Only an admin can assign conversations.", code="not_allowed")
    seen = conversation.extension_id
    if seen == (to.pk if to else None):
        return
    _hand_over(conversation, to, Kind.ASSIGNED, by=actor.user, seen=seen)


def done(conversation: Conversation, actor: Actor) -> None:
    """Take the thread off the list until its next text; nothing happens when it is done."""
    rows = Conversation.objects.filter(pk=conversation.pk)
    now = timezone.now()
    with transaction.atomic():
        if rows.filter(done_at=None).update(done_at=now):
            record(conversation, Kind.DONE, by=actor.user)
        conversation.done_at = now
        live.hint(conversation)


def reopen(conversation: Conversation, user: User | None) -> None:
    """Put a thread that was done back on the list."""
    rows = Conversation.objects.filter(pk=conversation.pk)
    with transaction.atomic():
        if rows.filter(done_at__isnull=False).update(done_at=None):
            record(conversation, Kind.REOPENED, by=user)
        conversation.done_at = None
        live.hint(conversation)


@transaction.atomic
def _hand_over(
    conversation: Conversation,
    to: Extension | None,
    kind: Kind,
    *,
    by: User,
    seen: int | None,
) -> None:
    rows = Conversation.objects.filter(pk=conversation.pk, extension=seen)
    if not rows.update(extension=to):
        raise _overtaken(conversation)
    conversation.extension = to
    record(conversation, kind, by=by, extension=to)
    live.hint(conversation, also=[seen] if seen else [])


def _overtaken(conversation: Conversation) -> HandlingRefused:
    conversation.refresh_from_db(fields=["extension"])
    handler = conversation.extension
    if handler is None:
        return HandlingRefused("Nobody has this conversation any more. Look again, then take it.")
    return HandlingRefused(f"{handler} was quicker and has this conversation now.")
