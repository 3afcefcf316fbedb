"""Whose inboxes and e-mail a text reaches: inbound rules first, then Message Settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from messaging.inbound.rules.deciding import Decision, decide
from messaging.models import Extension, MessageSetting, RingGroup
from tenants.models import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a text goes; no extension and no group = the tenant admins' unassigned list."""

    extensions: tuple[Extension, ...] = ()
    ring_groups: tuple[RingGroup, ...] = ()
    emails: tuple[str, ...] = ()
    rule: str = ""  # name of the inbound rule that decided; empty = Message Settings


def setting_for(our_number: str) -> MessageSetting | None:
    """Return the number's Message Settings in the current tenant."""
    # Told along with the settings: few numbers are shared, and each text would ask for it.
    shared: Any = MessageSetting.other_extensions.through
    others = shared.objects.filter(messagesetting=OuterRef("pk"))
    return (
        MessageSetting.objects.select_related("extension", "ring_group")
        .annotate(has_others=Exists(others))
        .filter(phone_number__number=our_number)
        .first()
    )


def route_for(tenant: Tenant, our_number: str, *, caller: str, at: datetime) -> Route:
    """Decide where a text from the caller goes that came in at this time.

    A rule that fits decides, whatever the number's settings say, also when they are switched off.
    A number with neither leads nowhere: its texts are kept, unassigned and without e-mail, so
    that nothing is lost.
    """
    decision = decide(tenant, our_number, caller=caller, at=at)
    return by_rule(decision) if decision else by_setting(setting_for(our_number))


def by_rule(decision: Decision) -> Route:
    """Return where a rule's decision leads."""
    destination = decision.destination
    return Route(
        extensions=destination.extensions,
        ring_groups=destination.ring_groups,
        emails=destination.emails,
        rule=decision.rule.name,
    )


def by_setting(setting: MessageSetting | None) -> Route:
    """Return where a number's Message Settings, as `setting_for` gives them, lead."""
    if setting is None or not setting.enabled:
        return Route()
    own = (setting.extension,) if setting.extension else ()
    has_others: bool = setting.has_others  # type: ignore[attr-defined]  # annotated
    shared = setting.other_extensions.all() if has_others else ()
    others = (each for each in shared if each not in own)
    return Route(
        extensions=(*own, *others),
        ring_groups=(setting.ring_group,) if setting.ring_group else (),
        emails=tuple(filter(None, [setting.email])),
    )
