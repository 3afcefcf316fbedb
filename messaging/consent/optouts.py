"""Who must not be texted: the record behind STOP and START. Each change is in the ledger too."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from messaging.consent import ledger
from messaging.models import ConsentEntry, Message, OptOut
from tenants.actor import because, current_reason
from tenants.audit import note_added


def is_opted_out(our_number: str, number: str) -> bool:
    """Tell whether the number refused texts from this number of ours, or from all of them."""
    return bool(opted_out(our_number, [number]))


def opted_out(our_number: str, numbers: Iterable[str]) -> set[str]:
    """Return which of the numbers refused texts from this number of ours, or from all of them."""
    known = OptOut.objects.filter(
        Q(our_number=our_number) | Q(our_number=None), number__in=list(numbers)
    )
    return set(known.order_by().values_list("number", flat=True))


def has_refused(our_number: str | None, number: str) -> bool:
    """Tell whether this very refusal is on record; one of all numbers is another."""
    return OptOut.objects.filter(our_number=our_number, number=number).exists()


@transaction.atomic
def record_opt_out(
    our_number: str | None,
    number: str,
    source: OptOut.Source,
    *,
    message: Message | None = None,
    detail: str = "",
) -> bool:
    """Record a refusal; None = of any number of ours. The first record of it stays.

    Returns whether it is news; the ledger gets its line in any case.
    """
    known = has_refused(our_number, number)
    OptOut.objects.bulk_create(
        [OptOut(our_number=our_number, number=number, source=source)], ignore_conflicts=True
    )
    if not known:
        note_added(OptOut.objects.filter(our_number=our_number, number=number))
    ledger.note(
        ConsentEntry.Action.OPT_OUT,
        number,
        our_number=our_number,
        source=source,
        message=message,
        detail=detail or current_reason(),
    )
    return not known


@transaction.atomic
def release(
    our_number: str | None,
    number: str,
    *,
    reason: str = "",
    source: OptOut.Source = OptOut.Source.MANUAL,
    message: Message | None = None,
    detail: str = "",
) -> bool:
    """Forget a refusal; the reason, if a person gave one, goes into the audit trail and ledger.

    START to one number says nothing about the others: a refusal of all numbers stays, until
    somebody releases None. Returns whether there was one; what people text is in the ledger
    either way.
    """
    with because(reason or current_reason()):
        gone, _ = OptOut.objects.filter(our_number=our_number, number=number).delete()
        if gone or message is not None:
            ledger.note(
                ConsentEntry.Action.OPT_IN,
                number,
                our_number=our_number,
                source=source,
                message=message,
                detail=detail or current_reason(),
            )
    return bool(gone)
