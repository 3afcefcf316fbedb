"""Handing a queued message to its carrier, once.

Between two routes of an outbound rule the row is `queued` again: whoever takes it goes on where it
was left.
"""

from __future__ import annotations

from uuid import UUID

from messaging.delivery import claim, exchange_log, failover, outcome
from messaging.models import Message
from messaging.outbound.clearance import clear
from messaging.outbound.lines import Line
from messaging.outbound.refusals import NotWanted, Postponed, Refusal, SendRefused
from messaging.outbound.way import Way
from messaging.pacing import permits
from providers.base import Provider
from providers.errors import ProviderError, TemporaryFailure
from providers.exchanges import recording
from providers.registry import UnknownProvider, platform_account, provider_for
from tenants.schema import tenant_connection


def deliver(message_id: UUID) -> None:
    """Send one message if it is queued and due; runs in the tenant's schema.

    Where a rule has several routes, the next one is tried at once after a carrier or an account
    that certainly did not send it.
    """
    hopeful = False
    while (error := _attempt(message_id, hopeful=hopeful)) is not None:
        hopeful = hopeful or isinstance(error, TemporaryFailure)


def _attempt(message_id: UUID, *, hopeful: bool) -> ProviderError | None:
    """Ask one carrier once; return its error when another route is to be tried at once.

    `hopeful`: an earlier route of this round may work again later.
    """
    message = (
        Message.objects.select_related("conversation__extension", "configuration__trunk")
        .filter(claim.due(), pk=message_id)
        .first()
    )
    found = _may_go(message) if message is not None else None
    if message is None or found is None:
        return None
    way, provider = found
    if not claim.claim(message, way):
        return None
    with recording() as exchanges:
        try:
            result = provider.send(claim.parcel(message, way, provider))
        except ProviderError as said:
            error = outcome.slowed_down(message, way, said)
            if failover.goes_on(way, error):
                return error if outcome.next_route(message, way, error) else None
            outcome.not_sent(message, way, failover.sum_up(error, hopeful=hopeful))
        else:
            outcome.sent(message, result)
        finally:
            exchange_log.keep(message, exchanges)
    return None


def _may_go(message: Message) -> tuple[Way, Provider] | None:
    """Return how the message leaves now; where it may not, note why."""
    try:
        way = clear(message, tenant=tenant_connection.tenant)
        provider = _provider(way.line)
        permits.take(message, way.line, recipients=len(way.numbers))
    except SendRefused as refusal:
        outcome.refused(message, refusal)
    except Postponed as pause:
        outcome.postponed(message, pause)
    except NotWanted as said:
        outcome.not_wanted(message, said.text, where=claim.due())
    else:
        return way, provider
    return None


def _provider(line: Line) -> Provider:
    configuration = line.configuration
    try:
        if configuration is not None:
            return provider_for(configuration.trunk.provider, configuration.account)
        account = platform_account()
        if account is not None:
            return provider_for("bandwidth", account)
    except UnknownProvider:
        pass
    raise SendRefused(
        Refusal.NO_ACCOUNT, "There is no carrier account to send this by. An admin must set it up."
    )
