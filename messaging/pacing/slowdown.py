"""Slowing down when carriers ask for it: half the rate at once, and back little by little.

An account's full queue (429) concerns the account; a carrier's own cap (4781, 4785) the number's
campaign, or the number where none is known; T-Mobile's daily cap (4780) the brand, which here is
one tenant on one account. All workers share it, and it passes by itself.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from messaging.models import Message
from messaging.pacing import buckets
from messaging.pacing.limits import Limit, account_of, brand_of, campaign_of
from tenants.models import PhoneNumber
from tenants.schema import tenant_connection

logger = logging.getLogger(__name__)

FLOOR = 1 / 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """How one kind of complaint is answered."""

    grace: float  # seconds in which further complaints are about the same burst
    back_in: float  # seconds from half the rate to all of it
    silence: float = 0.0  # seconds without any message, doubled with each halving


_FULL = Reaction(grace=10, back_in=300, silence=5)
# Receipts come long after the message: what they tell of is the rate of minutes ago.
_CAP = Reaction(grace=60, back_in=600)
_DAY = Reaction(grace=300, back_in=3600)

VOLUME_CODES = {"4780": _DAY, "4781": _CAP, "4785": _CAP}
DAILY_CODES = {code for code, reaction in VOLUME_CODES.items() if reaction is _DAY}


def queue_full(account: Limit, *, retry_after: float | None, now: float | None = None) -> float:
    """Slow the account down and return the seconds for which nothing of it is sent."""
    name = f"account:{account.name}"
    asked = retry_after or 0.0
    return _slow(name, _FULL, now=now, silence=asked, usual=0.0 if asked else _FULL.silence)


def volume_exceeded(message: Message, code: str, *, now: float | None = None) -> None:
    """Slow down after a failure receipt of the message with one of VOLUME_CODES.

    Other codes do nothing. Runs in the tenant's schema.
    """
    reaction = VOLUME_CODES.get(code)
    if reaction is None:
        return
    schema: str = tenant_connection.tenant.schema_name
    if reaction is _DAY:
        brand = brand_of(account_of(message.configuration, schema=schema), schema=schema)
        _slow(f"brand:{brand}", reaction, now=now)
        return
    phone = PhoneNumber.objects.filter(number=message.sender).first()
    campaign = campaign_of(phone, f"{schema}:{message.sender}")
    _slow(f"number:{campaign}", reaction, now=now)


def _slow(
    name: str, reaction: Reaction, *, now: float | None, silence: float = 0.0, usual: float = 0.0
) -> float:
    try:
        blocked = buckets.script("slow_down")(
            keys=[buckets.key(f"slow:{name}"), buckets.key("counts")],
            args=[
                time.time() if now is None else now,
                reaction.grace,
                0.5 / reaction.back_in,
                FLOOR,
                silence,
                usual,
            ],
            client=buckets.server(),
        )
    except buckets.AWAY as error:
        logger.warning("not slowed down, Valkey is away: %s", type(error).__name__)
        return max(silence, usual)
    return float(blocked)
