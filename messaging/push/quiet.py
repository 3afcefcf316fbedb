"""Hours in which a person wants to hear nothing."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from messaging.models import NotificationChoice


def wants_notice(choice: NotificationChoice | None, at: datetime, timezone: str) -> bool:
    """Tell whether the person wants to be told at this moment; no choice = always."""
    if choice is None:
        return True
    return choice.enabled and not is_quiet(choice, at, timezone)


def is_quiet(choice: NotificationChoice, at: datetime, timezone: str) -> bool:
    """Tell whether the clock on the tenant's wall stands within the person's quiet hours.

    The wall's clock alone counts: an hour that a change of time repeats is quiet both times.
    """
    begin, end = choice.quiet_from, choice.quiet_until
    if begin is None or end is None:
        return False
    clock = at.astimezone(ZoneInfo(timezone)).time()
    if begin <= end:
        return begin <= clock < end
    return clock >= begin or clock < end
