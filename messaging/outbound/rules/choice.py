"""The way a message takes now: its rule's next route, or Message Settings where no rule holds."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from uuid import UUID

from django.utils import timezone

from messaging.models import Message, OutboundRule
from messaging.outbound.facts import Facts
from messaging.outbound.refusals import Refusal, SendRefused
from messaging.outbound.rules.matching import Text, rule_for
from messaging.outbound.rules.routes import Outlet, outlets
from messaging.outbound.senders import line_among
from messaging.outbound.way import Way

_ANSWERS = (Message.Origin.CONSENT, Message.Origin.AUTO_REPLY)


def way_out(message: Message, numbers: tuple[str, ...], *, facts: Facts) -> Way:
    """Return the way to these recipients at this moment.

    Raises SendRefused.
    """
    wanted = wanted_sender(message)
    rule = None
    # What answers by itself comes from the number that was texted, whatever rules say.
    if message.origin not in _ANSWERS:
        text = Text(numbers, tenant=facts.tenant, at=timezone.now(), message=message)
        rule = rule_for(text, facts.rules)
    if rule is None:
        line = line_among(facts.lines(wanted), account_key=message.configuration_id)
        return Way(line=line, numbers=numbers, dialed=numbers)
    draw = lot(message.pk)
    found = outlets(rule, wanted=wanted, numbers=numbers, tenant=facts.tenant, draw=draw)
    tried = message.routes_tried if message.outbound_rule_id == rule.pk else 0
    return next_way(rule, found, tried=tried)


def wanted_sender(message: Message) -> str:
    """Return the number the message is written from; a route may have sent it from another."""
    return message.conversation.our_number


def lot(key: UUID) -> Random:
    """Return what draws a message's order of routes: its own, and the same at each try."""
    return Random(key.int)  # noqa: S311  # spreads messages, keeps no secret


def next_way(rule: OutboundRule, found: list[Outlet], *, tried: int) -> Way:
    """Return the first way after those tried; when there is none, the first of all.

    Raises SendRefused when no route can be used.
    """
    usable = [outlet for outlet in found if outlet.way is not None]
    if not usable:
        raise _no_route(rule, found)
    here = next((outlet for outlet in usable if outlet.position > tried), None)
    if here is None:
        tried, here = 0, usable[0]
    after = next((outlet.position for outlet in usable if outlet.position > here.position), 0)
    passed = [outlet for outlet in found if tried < outlet.position < here.position]
    return _joined(here, passed, after)


def _joined(here: Outlet, passed: list[Outlet], after: int) -> Way:
    assert here.way is not None  # noqa: S101  # the caller chose among the usable
    return replace(
        here.way,
        next_position=after,
        passed_over=" ".join(
            f"Route {outlet.position} was passed over: {outlet.problem.text}"
            for outlet in passed
            if outlet.problem
        ),
    )


def _no_route(rule: OutboundRule, found: list[Outlet]) -> SendRefused:
    if not found:
        return SendRefused(
            Refusal.NO_ACCOUNT,
            f"The outbound rule “{rule.name}” has no route that is on. An admin can mend it.",
        )
    last = found[-1].problem
    return SendRefused(
        Refusal.NO_ACCOUNT,
        f"No route of the outbound rule “{rule.name}” can be used. The last one:"
        f" {last.text if last else ''}",
    )
