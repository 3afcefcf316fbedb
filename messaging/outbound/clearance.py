"""Checking a stored message once more: much may change between writing and sending it."""

from __future__ import annotations

from django.utils import timezone

from messaging.broadcasts.holding import check_not_held
from messaging.hours import quiet as quiet_hours
from messaging.models import Message
from messaging.models.message import Status
from messaging.outbound.compose import check_consent
from messaging.outbound.expiry import check_in_time
from messaging.outbound.facts import Facts
from messaging.outbound.refusals import Postponed, Refusal, SendRefused
from messaging.outbound.rules.choice import wanted_sender, way_out
from messaging.outbound.way import Way
from tenants.models import Tenant


def check_messaging(tenant: Tenant) -> None:
    """Refuse while the tenant may not text.

    Raises SendRefused.
    """
    if not tenant.messaging_enabled:
        raise SendRefused(
            Refusal.MESSAGING_DISABLED,
            f"Texting is switched off for {tenant.name}. Ask the system admin.",
        )


def clear(message: Message, *, tenant: Tenant, facts: Facts | None = None) -> Way:
    """Return the way the message may go out by at this moment.

    `facts` are those of a batch that leaves now. Raises SendRefused, Postponed when it may go
    later, or NotWanted.
    """
    check_messaging(tenant)
    facts = facts or Facts(tenant)
    missing = missing_recipients(message, facts)
    way = way_out(message, missing, facts=facts)
    # Who texts STOP is told once that it worked, and HELP is for everybody.
    if message.origin != Message.Origin.CONSENT:
        _check_consent(way, wanted_sender(message), facts)
    if message.status == Status.QUEUED:  # not where a person sends again what is over
        _check_moment(message, missing, facts)
    return way


def _check_consent(way: Way, wanted: str, facts: Facts) -> None:
    """Ask of the thread's number, and of the sender and the numbers that a route makes of it."""
    everybody = tuple(dict.fromkeys([*way.numbers, *way.dialed]))
    for sender in dict.fromkeys([wanted, way.line.number]):
        check_consent(sender, everybody, country=facts.tenant.country, asked=facts.opted_out)


def _check_moment(message: Message, recipients: tuple[str, ...], facts: Facts) -> None:
    check_not_held(message, facts.broadcast_state(message.broadcast_id))
    rules = facts.policy
    # Not stored: it stays the usual one. The carrier and the next try are told of it.
    message.expires_at = check_in_time(message, rules)
    morning = quiet_hours.held_until(
        message, recipients, timezone.now(), rules=rules, home=facts.tenant.timezone
    )
    if morning is not None:
        raise Postponed(morning, quiet_hours.waiting_words(rules, count=len(recipients)))


def missing_recipients(message: Message, facts: Facts) -> tuple[str, ...]:
    """Return those the message has still to reach: a retry spares whoever has it.

    Of a group that waits to be sent again to some of its people, those.
    """
    everybody = facts.recipients(message)
    if message.status == Status.QUEUED:
        return tuple(number for number, status in everybody if status == Status.QUEUED)
    return tuple(number for number, status in everybody if status != Status.DELIVERED)
