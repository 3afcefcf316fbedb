"""A rule's routes for one message: in which order, from which sender, and which can be used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from django.db.models import OuterRef, Subquery

from messaging import registration
from messaging.models import MessageSetting, OutboundRoute, OutboundRule, SmsConfiguration
from messaging.outbound.lines import Line, account_problem, lines, number_off, number_problem
from messaging.outbound.refusals import Refusal, SendRefused
from messaging.outbound.rules.dialing import CannotDial, dialed
from messaging.outbound.sender_ids import default_sender, with_did
from messaging.outbound.way import Way
from tenants.models import PhoneNumber, Tenant
from tenants.numbers import kind_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A route for one message: the way by it, or why it cannot be used."""

    route: OutboundRoute
    position: int
    way: Way | None
    problem: SendRefused | None = None


def in_order(rule: OutboundRule, *, draw: Random) -> list[OutboundRoute]:
    """Return the rule's enabled routes in the order they are tried for one message."""
    routes = [route for route in rule.routes.all() if route.enabled]
    if rule.strategy == OutboundRule.Strategy.RANDOM:
        draw.shuffle(routes)
    return routes


def outlets(
    rule: OutboundRule, *, wanted: str, numbers: tuple[str, ...], tenant: Tenant, draw: Random
) -> list[Outlet]:
    """Judge each enabled route for a text to these numbers, wanted from this sender of ours.

    Raises SendRefused when that sender was given away or switched off; no rule changes that.
    """
    routes = in_order(rule, draw=draw)
    book = _Book(tenant, {wanted, *(route.sender for route in routes)})
    book.check_ours(wanted)
    found = []
    for position, route in enumerate(routes, start=1):
        way, problem = None, None
        try:
            way = Way(
                line=_line(route, wanted, book, is_group=len(numbers) > 1),
                numbers=numbers,
                dialed=_dialed(route, numbers),
                rule=rule,
                position=position,
                count=len(routes),
            )
        except SendRefused as refusal:
            problem = refusal
        found.append(Outlet(route=route, position=position, way=way, problem=problem))
    return found


def own_numbers(tenant: Tenant, configuration: SmsConfiguration | None) -> list[str]:
    """Return what a route by this account (None = the platform's) may name as its sender."""
    phones = PhoneNumber.objects.filter(tenant=tenant)
    if configuration is None:
        return list(phones.filter(trunk__tenant=None).values_list("number", flat=True))
    numbers = list(phones.filter(trunk_id=configuration.trunk_id).values_list("number", flat=True))
    sender_id = default_sender(configuration)
    return numbers if not sender_id or sender_id in numbers else [sender_id, *numbers]


class _Book:
    """The tenant's numbers that a message's routes are about."""

    def __init__(self, tenant: Tenant, senders: Iterable[str]) -> None:
        self.tenant = tenant
        self._phones: dict[str, PhoneNumber] = {}
        self._defaults: dict[int | None, str] = {}
        self._look_up({sender for sender in senders if sender})

    def phone(self, number: str) -> PhoneNumber | None:
        if number not in self._phones:
            self._look_up({number})
        return self._phones.get(number)

    def is_off(self, number: str) -> bool:
        return getattr(self.phone(number), "texting", None) is False

    def check_ours(self, number: str) -> None:
        if self.is_off(number):
            raise number_off()
        if getattr(self.phone(number), "texting", None) or lines(self.tenant, number=number):
            return
        raise SendRefused(
            Refusal.INVALID_SENDER, "The number it was to be sent from is no longer yours."
        )

    def default(self, configuration: SmsConfiguration | None) -> str:
        key = configuration.pk if configuration else None
        if key not in self._defaults:
            self._defaults[key] = self._default(configuration)
        return self._defaults[key]

    def carries(self, configuration: SmsConfiguration | None, number: str) -> bool:
        phone = self.phone(number)
        if phone is None:
            return configuration is not None and self.default(configuration) == number
        if configuration is None:
            return phone.trunk.tenant_id is None
        return phone.trunk_id == configuration.trunk_id

    def _default(self, configuration: SmsConfiguration | None) -> str:
        if configuration is not None:
            rows = SmsConfiguration.objects.select_related("endpoint__tenant")
            return default_sender(with_did(rows).get(pk=configuration.pk))
        main = PhoneNumber.objects.filter(tenant=self.tenant, trunk__tenant=None)
        first = main.order_by("-is_main", "number").values_list("number", flat=True).first()
        return first or ""

    def _look_up(self, numbers: set[str]) -> None:
        # Only the tenant's: another's number is as unknown as any.
        phones = PhoneNumber.objects.filter(tenant=self.tenant, number__in=numbers)
        settings = MessageSetting.objects.filter(phone_number=OuterRef("pk"))
        found = registration.with_rule(phones.select_related("trunk"))
        # Whether Message Settings let it text; None = it has none.
        found = found.annotate(texting=Subquery(settings.values("enabled")[:1]))
        self._phones |= {phone.number: phone for phone in found}


def _line(route: OutboundRoute, wanted: str, book: _Book, *, is_group: bool) -> Line:
    """Return the account and sender of a route.

    Raises SendRefused.
    """
    account = route.configuration
    name = f"“{account.name}”" if account else "the platform's account"
    sender = route.sender or (wanted if book.carries(account, wanted) else book.default(account))
    if not sender:
        raise SendRefused(Refusal.NO_SENDER, f"There is no number to send from by {name}.")
    if not book.carries(account, sender):
        raise SendRefused(Refusal.INVALID_SENDER, f"{sender} is not a number of {name}.")
    phone = book.phone(sender)
    problem = account_problem(phone, account)
    if phone is not None:
        problem = problem or number_problem(phone, rule=getattr(phone, "unregistered_rule", ""))
    if book.is_off(sender):
        problem = number_off()
    if problem is not None:
        raise problem
    line = Line(
        number=sender,
        label="",
        configuration=account,
        kind=PhoneNumber.Kind(phone.kind) if phone else kind_of(sender),
        phone=phone,
    )
    if is_group and line.is_toll_free:
        raise SendRefused(Refusal.NO_GROUP, f"{sender} is toll-free and cannot text to groups.")
    return line


def _dialed(route: OutboundRoute, numbers: Sequence[str]) -> tuple[str, ...]:
    try:
        found = tuple(
            dialed(number, strip=route.strip, prepend=route.prepend) for number in numbers
        )
    except CannotDial as problem:
        raise SendRefused(Refusal.INVALID_RECIPIENT, str(problem)) from problem
    if len(set(found)) < len(found):
        raise SendRefused(
            Refusal.INVALID_RECIPIENT, "It would dial one number for two of the recipients."
        )
    return found
