"""The consent ledger: what was said or noted about consent, by whom and when; lines only added."""

from __future__ import annotations

from django.utils import timezone

from messaging.models import ConsentEntry, Message, OptOut
from messaging.plaintext import one_line
from tenants.actor import current_actor

Action = ConsentEntry.Action
Source = ConsentEntry.Source


def entry(
    action: ConsentEntry.Action,
    number: str,
    *,
    our_number: str | None,
    source: str,
    message: Message | None = None,
    detail: str = "",
) -> ConsentEntry:
    """Make a line; what the sources are called is the same here and in the list of opt-outs."""
    actor = None if source in (Source.KEYWORD, Source.CARRIER) else current_actor()
    return ConsentEntry(
        at=timezone.now(),
        our_number=our_number,
        number=number,
        action=action,
        source=source,
        by=actor.user if actor else None,
        message_id=message.pk if message else None,
        detail=one_line(detail, limit=300),
    )


def note(
    action: ConsentEntry.Action,
    number: str,
    *,
    our_number: str | None,
    source: str,
    message: Message | None = None,
    detail: str = "",
) -> None:
    """Add a line."""
    entry(
        action, number, our_number=our_number, source=source, message=message, detail=detail
    ).save(force_insert=True)


def note_opt_outs(rows: list[OptOut], *, detail: str = "") -> None:
    """Add a line for each of the opt-outs, in few statements."""
    ConsentEntry.objects.bulk_create(
        [
            entry(
                Action.OPT_OUT,
                row.number,
                our_number=row.our_number,
                source=row.source,
                detail=detail,
            )
            for row in rows
        ],
        batch_size=500,
    )
