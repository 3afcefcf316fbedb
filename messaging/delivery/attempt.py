"""Handing a queued message to its carrier, once.

Between two routes of an outbound rule the row is `queued` again: whoever takes it goes on where it
was left.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from messaging.delivery import claim, media_upload, outcome, settling
from messaging.delivery.settling import Answer
from messaging.models import Message
from messaging.outbound.clearance import clear
from messaging.outbound.facts import Facts
from messaging.outbound.refusals import NotWanted, Postponed, SendRefused
from messaging.outbound.way import Way
from messaging.pacing import permits
from providers.base import Provider
from providers.errors import ProviderError, TemporaryFailure
from providers.exchanges import recording
from tenants.schema import tenant_connection


def deliver(message_id: UUID) -> None:
    """Send one message if it is queued and due; runs in the tenant's schema.

    Where a rule has several routes, the next one is tried at once after a carrier or an account
    that certainly did not send it.
    """
    hopeful = False
    while (error := _attempt(message_id, hopeful=hopeful)) is not None:
        hopeful = hopeful or isinstance(error, TemporaryFailure)


def way_of(message: Message, facts: Facts) -> tuple[Way, Provider] | None:
    """Return how the message leaves now, if a limit lets it; where it may not, note why."""
    try:
        way = clear(message, tenant=facts.tenant, facts=facts)
        return way, facts.provider(way.line)
    except (SendRefused, Postponed, NotWanted) as reason:
        stopped(message, reason)
    return None


def stopped(message: Message, reason: SendRefused | Postponed | NotWanted) -> None:
    """Note why a message does not leave now."""
    match reason:
        case SendRefused():
            outcome.refused(message, reason)
        case Postponed():
            outcome.postponed(message, reason)
        case NotWanted():
            outcome.not_wanted(message, reason.text, where=claim.due())


def _attempt(message_id: UUID, *, hopeful: bool) -> ProviderError | None:
    """Ask one carrier once; return its error when another route is to be tried at once.

    `hopeful`: an earlier route of this round may work again later.
    """
    message = (
        Message.objects.select_related("conversation__extension", "configuration__trunk")
        .filter(claim.due(), pk=message_id)
        .first()
    )
    found = way_of(message, Facts(tenant_connection.tenant)) if message is not None else None
    if message is None or found is None:
        return None
    way, provider = found
    try:
        permits.take(message, way.line, recipients=len(way.numbers))
    except Postponed as pause:
        outcome.postponed(message, pause)
        return None
    if not claim.claim(message, way):
        return None
    with recording() as exchanges:
        answer = Answer(message=message, way=way, exchanges=exchanges)
        try:
            parcel = claim.parcel(message, way, media_upload.upload(message, provider))
            claim.check_in_time(message, limit=claim.BEGUN_BY)
            answer = replace(answer, result=provider.send(parcel))
        except ProviderError as said:
            answer = replace(answer, error=said)
        finally:
            error = settling.settle(answer, hopeful=hopeful)
    if error is None:
        settling.ring_for_next([message.conversation_id])
    return error
