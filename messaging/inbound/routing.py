"""Whose inboxes and e-mail a text reaches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
    return (
        MessageSetting.objects.select_related("extension", "ring_group")
        .filter(phone_number__number=our_number)
        .first()
    )


def route_for(tenant: Tenant, our_number: str, *, caller: str, at: datetime) -> Route:
    """Decide where a text from the caller goes that came in at this time.

    A number without settings, or with settings that are switched off, leads nowhere: its texts
    are kept, unassigned and without e-mail, so that nothing is lost.
    """
    return _by_setting(setting_for(our_number))


def _by_setting(setting: MessageSetting | None) -> Route:
    if setting is None or not setting.enabled:
        return Route()
    own = (setting.extension,) if setting.extension else ()
    others = (each for each in setting.other_extensions.all() if each not in own)
    return Route(
        extensions=(*own, *others),
        ring_groups=(setting.ring_group,) if setting.ring_group else (),
        emails=tuple(filter(None, [setting.email])),
    )
