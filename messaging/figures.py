"""A tenant's figures of the last days: by day, by error, by number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Count, Max
from django.utils import timezone

from messaging.delivery.wording import REASONS
from messaging.models import Conversation, Message
from messaging.models.message import Status
from messaging.usage import usage_by_day
from tenants.models import Tenant

_SECONDS = 60
_ROWS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day in the tenant's time zone; segments are those of what was sent."""

    day: date
    received: int = 0
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    segments: int = 0

    @property
    def delivered_percent(self) -> int | None:
        """Share of what ended well; None where nothing has ended yet."""
        return share(self.delivered, self.failed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of failure, and how often it came."""

    code: str
    reason: str
    words: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """One of the tenant's numbers at work."""

    number: str
    conversations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All of it for one span of days."""

    days: list[Day]
    faults: list[Fault]
    numbers: list[Busy]

    def total(self, name: str) -> int:
        """Add a column of the days up."""
        return sum(getattr(day, name) for day in self.days)

    @property
    def delivered_percent(self) -> int | None:
        """Share of what ended well over all days."""
        return share(self.total("delivered"), self.total("failed"))

    @property
    def is_empty(self) -> bool:
        """Whether nothing came, left or failed."""
        return not any(day.received or day.sent or day.failed for day in self.days)


def share(delivered: int, failed: int) -> int | None:
    """Return the percentage delivered of what has ended."""
    ended = delivered + failed
    return round(100 * delivered / ended) if ended else None


def figures(tenant: Tenant, days: int) -> Figures:
    """Return the figures up to today, at most a minute old; runs in the tenant's schema."""
    key = f"figures:{tenant.pk}:{tenant.timezone}:{days}"
    known = cache.get(key)
    if not isinstance(known, Figures):
        known = _counted(tenant, days)
        cache.set(key, known, _SECONDS)
    return known


def day_by_day(tenant: Tenant, first: date, last: date) -> list[Day]:
    """Return each day of the span, those without messages too."""
    counts = usage_by_day(tenant, first, last)
    spans = ((last - first).days + 1) if last >= first else 0
    days = [first + timedelta(days=step) for step in range(spans)]
    return [Day(day=day, **counts.get(day, {})) for day in days]


def today_of(tenant: Tenant) -> date:
    """Return the day it is where the tenant is."""
    return timezone.now().astimezone(ZoneInfo(tenant.timezone)).date()


def _counted(tenant: Tenant, days: int) -> Figures:
    today = today_of(tenant)
    first = today - timedelta(days=days - 1)
    since = datetime.combine(first, time.min, tzinfo=ZoneInfo(tenant.timezone))
    return Figures(
        days=day_by_day(tenant, first, today), faults=_faults(since), numbers=_numbers(since)
    )


def _faults(since: datetime) -> list[Fault]:
    rows = (
        Message.objects.filter(
            created_at__gte=since, direction=Message.Direction.OUT, status=Status.FAILED
        )
        .order_by()
        .values("error_code", "failure_reason")
        .annotate(count=Count("pk"), words=Max("error_text"))
        .order_by("-count", "error_code")[:_ROWS]
    )
    return [
        Fault(
            code=row["error_code"],
            reason=row["failure_reason"],
            # Our own words tell the kind; the carrier's sentence may name one number only.
            words=REASONS.get(row["failure_reason"]) or row["words"] or "No reason given",
            count=row["count"],
        )
        for row in rows
    ]


def _numbers(since: datetime) -> list[Busy]:
    # By conversation: counting the messages themselves takes as long as all the rest together.
    rows = (
        Conversation.objects.filter(last_at__gte=since)
        .order_by()
        .values("our_number")
        .annotate(count=Count("pk"))
        .order_by("-count", "our_number")[:_ROWS]
    )
    return [Busy(number=row["our_number"], conversations=row["count"]) for row in rows]
