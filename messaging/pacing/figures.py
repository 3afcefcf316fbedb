"""How fast it goes at this moment, for people and for monitoring."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime

from messaging.models import SmsConfiguration
from messaging.outbound.lines import Line
from messaging.pacing import buckets
from messaging.pacing.limits import (
    PLATFORM,
    Limit,
    account_of,
    brand_of,
    campaign_of,
    number_rate,
)
from tenants.models import PhoneNumber
from tenants.schema import tenant_connection

COUNTS = ("permits", "segments", "waits", "slowdowns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Segments per second that go out now, and since when that is less than it may be."""

    rate: float
    usual: float
    slowed_since: datetime | None = None
    rests_until: datetime | None = None
    is_known: bool = True  # False while Valkey is away

    @property
    def told(self) -> str:
        """Say the same in a sentence."""
        usual = _per_second(self.usual)
        if not self.is_known:
            return f"{usual}. The limits' server is away: each worker keeps to half of it."
        if self.slowed_since is None:
            return f"{usual}, the full rate."
        since = _time_of_day(self.slowed_since)
        words = f"{_per_second(self.rate)}, slowed down since {since}"
        if self.rests_until is not None:
            words += f", and resting until {_time_of_day(self.rests_until)}"
        return f"{words}: the carrier asked for it. It comes back to {usual} by itself."


def account_pace(configuration: SmsConfiguration | None) -> Pace:
    """Return the pace of an account, None = the platform's; runs in the tenant's schema."""
    schema = "" if configuration is None else tenant_connection.tenant.schema_name
    return pace(account_of(configuration, schema=schema))


def number_pace(phone: PhoneNumber, *, configuration: SmsConfiguration | None) -> Pace:
    """Return the pace of a number on an account; runs in the tenant's schema."""
    schema: str = tenant_connection.tenant.schema_name
    line = Line(
        number=phone.number,
        label="",
        configuration=configuration,
        kind=PhoneNumber.Kind(phone.kind),
        phone=phone,
    )
    campaign = campaign_of(phone, f"{schema}:{phone.number}")
    brand = brand_of(account_of(configuration, schema=schema), schema=schema)
    return _pace(number_rate(line), f"number:{campaign}", f"brand:{brand}", now=time.time())


def pace(account: Limit, *, now: float | None = None) -> Pace:
    """Return the pace of an account's bucket."""
    return _pace(account.rate, f"account:{account.name}", now=time.time() if now is None else now)


def tenants_waiting(*, now: float | None = None) -> int | None:
    """Count the tenants that wait for the platform's account; None = nobody knows."""
    moment = time.time() if now is None else now
    try:
        return int(buckets.server().zcount(buckets.key("wanting", PLATFORM), moment, "+inf"))
    except buckets.AWAY:
        return None


def counts() -> dict[str, int]:
    """Return what was granted, put off and slowed down since Valkey was started anew."""
    try:
        saved: dict[Any, Any] = buckets.server().hgetall(buckets.key("counts"))
    except buckets.AWAY:
        return {}
    return {name: int(saved.get(name, 0)) for name in COUNTS}


def _pace(usual: float, *names: str, now: float) -> Pace:
    try:
        with buckets.server().pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hmget(buckets.key(f"slow:{name}"), ["factor", "at", "gain", "since", "until"])
            saved = pipe.execute()
    except buckets.AWAY:
        return Pace(rate=usual, usual=usual, is_known=False)
    slowest = Pace(rate=usual, usual=usual)
    for factor, at, gain, since, until in saved:
        if factor is None:
            continue
        part = min(1.0, float(factor) + max(0.0, now - float(at)) * float(gain))
        if part < 1.0 and part * usual < slowest.rate:
            slowest = Pace(
                rate=part * usual,
                usual=usual,
                slowed_since=datetime.fromtimestamp(float(since), UTC),
                rests_until=datetime.fromtimestamp(float(until), UTC)
                if until and float(until) > now
                else None,
            )
    return slowest


def _time_of_day(moment: datetime) -> str:
    return date_format(localtime(moment), "TIME_FORMAT")


def _per_second(rate: float) -> str:
    figure = f"{rate:.2f}".rstrip("0").rstrip(".")
    return f"{figure} {'segment' if figure == '1' else 'segments'} a second"
