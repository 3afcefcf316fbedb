"""Giving blocks of numbers to tenants and taking them back: all of a block, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from tenants.audit import change, note_added
from tenants.deletion import are_in_use
from tenants.models import PhoneNumber, Tenant, Trunk
from tenants.number_ranges import read_numbers
from tenants.numbers import for_people, kind_of

_TOLD = 20


class CannotAllot(ValueError):
    """Nothing was stored; each line says why."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class StillUsed(ValueError):
    """Message settings use some of the numbers; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What allotting a list of numbers would do."""

    trunk: Trunk
    tenant: Tenant | None
    added: tuple[str, ...]
    already: tuple[str, ...]
    handed_over: tuple[str, ...]
    clashes: tuple[str, ...]  # a sentence for each number that stands in the way

    @property
    def total(self) -> int:
        """Numbers in the list."""
        groups = (self.added, self.already, self.handed_over, self.clashes)
        return sum(len(group) for group in groups)

    @property
    def told_clashes(self) -> list[str]:
        """The first clashes, and how many are left."""
        left = len(self.clashes) - _TOLD
        more = [f"And {left} more numbers that are taken."] if left > 0 else []
        return [*self.clashes[:_TOLD], *more]


def plan(trunk: Trunk, tenant: Tenant | None, text: str) -> Plan:
    """Say what allotting would do, without doing it. No tenant = the free pool.

    Raises UnreadableNumbers, or CannotAllot when the trunk is another tenant's.
    """
    if trunk.tenant_id is not None and (tenant is None or trunk.tenant_id != tenant.pk):
        raise CannotAllot([f"This trunk belongs to {trunk.tenant}: its numbers go to them only."])
    numbers = read_numbers(text, country=tenant.country if tenant else "US")
    return _sorted_out(trunk, tenant, numbers)


def allot(trunk: Trunk, tenant: Tenant | None, text: str) -> Plan:
    """Store the numbers and return what was done.

    Raises UnreadableNumbers, or CannotAllot when not all of them fit.
    """
    done = plan(trunk, tenant, text)
    if done.clashes:
        raise CannotAllot(done.told_clashes)
    try:
        with transaction.atomic():
            _hand_over(done)
            note_added(
                PhoneNumber.objects.bulk_create(
                    PhoneNumber(number=number, trunk=trunk, tenant=tenant, kind=kind_of(number))
                    for number in done.added
                )
            )
    except IntegrityError as error:
        raise _overtaken() from error
    return done


def take_back(numbers: QuerySet[PhoneNumber]) -> int:
    """Put the numbers back into the free pool and return how many were not there already.

    Numbers on a tenant's own trunk stay with it. Raises StillUsed.
    """
    with transaction.atomic():
        given = numbers.exclude(tenant=None).filter(trunk__tenant=None)
        keys = sorted(given.order_by().values_list("pk", flat=True))
        rows = PhoneNumber.objects.filter(pk__in=keys)
        # Locked: a message setting that is being made waits for the outcome.
        list(rows.select_for_update().order_by("pk").values_list("pk"))
        used = _used_among(keys)
        if used:
            named = PhoneNumber.objects.select_related("tenant").filter(pk__in=used[:_TOLD])
            words = ", ".join(f"{for_people(n.number, country='')} ({n.tenant})" for n in named)
            more = " and more" if len(used) > _TOLD else ""
            raise StillUsed(
                f"Nothing was taken back, for these are in use: {words}{more}."
                " Delete their message settings in the tenant first."
            )
        return change(rows.select_related("tenant"), tenant=None, is_main=False)


def _sorted_out(trunk: Trunk, tenant: Tenant | None, numbers: list[str]) -> Plan:
    known = {
        row.number: row
        for row in PhoneNumber.objects.filter(number__in=numbers).select_related("tenant", "trunk")
    }
    added, already, handed_over, clashes = [], [], [], []
    for number in numbers:
        row = known.get(number)
        if row is None:
            added.append(number)
        elif row.trunk_id != trunk.pk or (row.tenant is not None and row.tenant != tenant):
            clashes.append(_clash(row))
        elif row.tenant == tenant:
            already.append(number)
        else:
            handed_over.append(number)
    return Plan(
        trunk=trunk,
        tenant=tenant,
        added=tuple(added),
        already=tuple(already),
        handed_over=tuple(handed_over),
        clashes=tuple(clashes),
    )


def _clash(row: PhoneNumber) -> str:
    shown = for_people(row.number, country="")
    if row.tenant is None:
        return f"{shown} is free, but on another trunk ({row.trunk})."
    return f"{shown} already belongs to {row.tenant} (trunk {row.trunk})."


def _hand_over(done: Plan) -> None:
    if not done.handed_over:
        return
    free = change(
        PhoneNumber.objects.filter(number__in=done.handed_over, trunk=done.trunk, tenant=None),
        tenant=done.tenant,
        is_main=False,
    )
    if free != len(done.handed_over):
        raise _overtaken()


def _overtaken() -> CannotAllot:
    return CannotAllot(
        ["Somebody else changed one of these numbers at this moment. Please look again."]
    )


def _used_among(keys: list[int]) -> list[int]:
    """Find what is in use by halving: one question where nothing is, few where little is."""
    if not keys or not are_in_use(PhoneNumber.objects.filter(pk__in=keys)):
        return []
    if len(keys) == 1:
        return keys
    middle = len(keys) // 2
    first = _used_among(keys[:middle])
    return first if len(first) > _TOLD else first + _used_among(keys[middle:])
