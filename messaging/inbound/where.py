"""Answering "where would this text go?" by the very rules that route texts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from messaging.inbound.routing import Route, by_rule, by_setting, setting_for
from messaging.inbound.rules.deciding import Decision, decide
from messaging.inbound.rules.wording import moment_words
from messaging.models import MessageSetting
from tenants.models import PhoneNumber, Tenant

# Times near the ends of the calendar have no local time in some zones.
YEARS = range(2000, 2200)
NO_SUCH_TIME = "Choose a day between 2000 and 2199."


class NotOurs(ValueError):
    """The number is none of the tenant's, so no text to it would come in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Where a text would go, and why."""

    route: Route
    decision: Decision | None
    setting: MessageSetting | None
    reason: str
    moment: str


def where_would_it_go(tenant: Tenant, our_number: str, *, caller: str, at: datetime) -> Answer:
    """Follow a text from the caller to one of our numbers at this time, without sending one.

    Raises NotOurs.
    """
    if not PhoneNumber.objects.filter(tenant=tenant, number=our_number).exists():
        raise NotOurs("This is not one of your numbers: look under Phone numbers which are.")
    setting = setting_for(our_number)
    decision = decide(tenant, our_number, caller=caller, at=at)
    return Answer(
        route=by_rule(decision) if decision else by_setting(setting),
        decision=decision,
        setting=setting,
        reason=_reason(decision, setting),
        moment=_moment(decision),
    )


def _reason(decision: Decision | None, setting: MessageSetting | None) -> str:
    if decision is not None:
        if not decision.others:
            return f"The inbound rule “{decision.rule.name}” decides: no other one fits."
        return f"The inbound rule “{decision.rule.name}” decides: it is the most specific."
    if setting is None:
        return "No inbound rule fits and the number has no Message Settings: it is unassigned."
    if not setting.enabled:
        return "No inbound rule fits and its Message Settings are off: it is unassigned."
    return "No inbound rule fits, so the number's Message Settings decide."


def _moment(decision: Decision | None) -> str:
    if decision is None:
        return ""
    words = moment_words(decision.moment)
    if decision.targets_of != decision.moment.when:
        words += " The rule has no targets of its own for that, so those of office hours count."
    return words
