"""Which way a text would go, and why: what the test box says. Nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from messaging.models import Extension, OutboundRule
from messaging.outbound.compose import check_consent
from messaging.outbound.lines import Line, lines
from messaging.outbound.refusals import Refusal, SendRefused
from messaging.outbound.rules.choice import lot
from messaging.outbound.rules.matching import Text, enabled_rules, why_not
from messaging.outbound.rules.routes import outlets
from messaging.outbound.rules.words import account_in_words
from messaging.outbound.senders import line_for, lines_of
from tenants.models import Tenant
from tenants.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one rule that was asked; `why_not` "" = it holds."""

    rule: OutboundRule
    why_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One account that is tried, in order; `problem` says why it would be passed over."""

    position: int
    account: str
    sender: str = ""
    dialed: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The way of a text: from which number, by which rule (None = Message Settings) and routes."""

    sender: str
    rule: OutboundRule | None
    verdicts: list[Verdict]
    steps: list[Step]
    refusal: str = ""  # why it could not be sent at all


def default_number(extension: Extension | None, tenant: Tenant) -> str:
    """Return what a new text of the extension, or of an admin without one, comes from.

    Raises SendRefused.
    """
    role = Role.ADMIN if extension is None else Role.EXTENSION
    if extension is not None and extension.sms_permission == Extension.SmsPermission.DISABLED:
        raise SendRefused(Refusal.NOT_ALLOWED, f"Extension {extension.number} may not send texts.")
    found = lines_of(extension, role, tenant)
    usable = [line for line in found if line.problem is None]
    if not usable:
        raise (found[0].problem if found else None) or SendRefused(
            Refusal.NO_SENDER, "There is no number to send from. Set one up in Message Settings."
        )
    return usable[0].number


def forecast(
    *, tenant: Tenant, extension: Extension | None, number: str, sender: str, at: datetime
) -> Forecast:
    """Say which way a text from our number `sender` would take to the number."""
    text = Text((number,), tenant=tenant, at=at, extension=extension)
    verdicts, rule = [], None
    for asked in enabled_rules():
        reason = why_not(asked, text)
        verdicts.append(Verdict(rule=asked, why_not=reason))
        if not reason:
            rule = asked
            break
    steps: list[Step] = []
    refusal = ""
    try:
        by = _by_rule(rule, sender, number, tenant) if rule else None
        steps = _by_settings(sender, number, tenant) if by is None else by
        _check_sendable(rule, sender, number, tenant, steps)
    except SendRefused as refused:
        refusal = refused.text
    return Forecast(sender=sender, rule=rule, verdicts=verdicts, steps=steps, refusal=refusal)


def _by_rule(rule: OutboundRule, sender: str, number: str, tenant: Tenant) -> list[Step]:
    found = outlets(rule, wanted=sender, numbers=(number,), tenant=tenant, draw=lot(uuid4()))
    return [
        Step(
            position=outlet.position,
            account=account_in_words(outlet.route),
            sender=outlet.way.line.number if outlet.way else "",
            dialed=outlet.way.dialed[0] if outlet.way else "",
            problem=outlet.problem.text if outlet.problem else "",
        )
        for outlet in found
    ]


def _by_settings(sender: str, number: str, tenant: Tenant) -> list[Step]:
    found: list[Line] = lines(tenant, number=sender)
    usable = [line for line in found if line.problem is None] or found
    return [
        Step(
            position=1,
            account=line.configuration.name if line.configuration else "the platform's account",
            sender=line.number,
            dialed=number,
            problem=line.problem.text if line.problem else "",
        )
        for line in usable[:1]
    ]


def _check_sendable(
    rule: OutboundRule | None, sender: str, number: str, tenant: Tenant, steps: list[Step]
) -> None:
    if rule is None:
        line_for(tenant, sender, configuration=None)
    elif all(step.problem for step in steps):
        raise SendRefused(Refusal.NO_ACCOUNT, "No route of this rule can be used: see below why.")
    usable = [step for step in steps if not step.problem]
    # Of the thread's number, and of what a route makes of it and of theirs.
    pairs = [
        (ours, theirs)
        for step in usable
        for ours in (sender, step.sender)
        for theirs in (number, step.dialed)
    ]
    for ours, theirs in dict.fromkeys(pairs):
        check_consent(ours, (theirs,), country=tenant.country)
