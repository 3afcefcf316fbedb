"""Which limits hold for a message, and under which names all workers keep them."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from messaging.models import Message, SmsConfiguration
from messaging.outbound.lines import Line
from tenants.models import PhoneNumber, Tenant
from tenants.throughput import Kind, rates

PLATFORM = "platform"
PLATFORM_QUEUE_SECONDS = 900  # Bandwidth's usual queue of an account
# A few long texts at once are the everyday case and wait for nothing. Bandwidth queues what is
# over the rate, so that ten seconds' worth of it disturbs nobody and no reply stands far behind.
_BURST = 20
_BURST_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A bucket by name: segments per second, and how many of them may go at once."""

    name: str
    rate: float
    burst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one message asks for."""

    message_id: str
    conversation: str
    moment: float  # when it was meant to go: those of one conversation keep their order
    segments: int
    is_bulk: bool
    account: Limit
    number: Limit
    campaign: str  # what an answer about the number's rate slows down
    brand: str
    tenant: str = ""  # "" = the account is nobody else's


def number_rate(line: Line) -> float:
    """Return how many segments per second the line's number may send."""
    phone = line.phone
    if phone is not None and phone.segments_per_second:
        return phone.segments_per_second
    kind: str = line.kind
    registered = PhoneNumber.Registration.REGISTERED
    if line.kind == PhoneNumber.Kind.LOCAL and phone and phone.registration == registered:
        kind = Kind.REGISTERED
    return rates()[kind]


def burst_of(rate: float) -> float:
    """Return how many segments may leave at once at this rate."""
    return max(_BURST, rate * _BURST_SECONDS)


def account_limit(*, schema: str, account_id: str, rate: float, queue_seconds: int) -> Limit:
    """Name a tenant's account; the schema is part of it, for anybody may type any account ID."""
    return Limit(
        name=f"{schema}:{account_id}", rate=rate, burst=min(burst_of(rate), rate * queue_seconds)
    )


def platform_limit() -> Limit:
    """Return the limit of the account that tenants have in common."""
    rate = settings.BANDWIDTH_SEGMENTS_PER_SECOND
    burst = min(burst_of(rate), rate * PLATFORM_QUEUE_SECONDS)
    return Limit(name=PLATFORM, rate=rate, burst=burst)


def account_of(configuration: SmsConfiguration | None, *, schema: str) -> Limit:
    """Return the limit of the account a message goes out by; None = the platform's."""
    if configuration is None:
        return platform_limit()
    return account_limit(
        schema=schema,
        account_id=configuration.account_id,
        rate=configuration.segments_per_second,
        queue_seconds=configuration.queue_seconds,
    )


def line_of_waiting(message: Message, *, schema: str) -> str:
    """Name the queue in which the message keeps its place: replies never stand behind bulk."""
    bulk = message.origin == Message.Origin.BROADCAST
    return f"{schema}:{message.conversation_id}:{'bulk' if bulk else 'reply'}"


def moment_of(message: Message) -> float:
    """Return when the message was meant to go."""
    return (message.scheduled_at or message.created_at).timestamp()


def demand_of(message: Message, line: Line, *, recipients: int, tenant: Tenant) -> Demand:
    """Measure a message; a group counts once for each of its recipients."""
    schema: str = tenant.schema_name
    account = account_of(line.configuration, schema=schema)
    rate = number_rate(line)
    number = f"{schema}:{line.number}"
    return Demand(
        message_id=str(message.pk),
        conversation=line_of_waiting(message, schema=schema),
        moment=moment_of(message),
        segments=max(1, message.segment_count) * max(1, recipients),
        is_bulk=message.origin == Message.Origin.BROADCAST,
        account=account,
        number=Limit(name=number, rate=rate, burst=burst_of(rate)),
        campaign=campaign_of(line.phone, number),
        brand=brand_of(account, schema=schema),
        tenant=schema if line.configuration is None else "",
    )


def brand_of(account: Limit, *, schema: str) -> str:
    """Name what T-Mobile counts by the day: here, one tenant on one account."""
    return f"{schema}:{account.name}"


def campaign_of(phone: PhoneNumber | None, number: str) -> str:
    """Name what a carrier's limit counts: the number's campaign, or the number where none is known.

    The number's name holds its tenant's schema, and so must the campaign's.
    """
    schema = number.partition(":")[0]
    return f"{schema}:c:{phone.campaign_id}" if phone and phone.campaign_id else number
