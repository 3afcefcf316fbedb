"""Who must not be texted: the record behind STOP and START."""

from __future__ import annotations

from django.db.models import Q

from messaging.models import OptOut
from tenants.actor import because, current_reason
from tenants.audit import note_added


def is_opted_out(our_number: str, number: str) -> bool:
    """Tell whether the number refused texts from this number of ours, or from all of them."""
    return OptOut.objects.filter(
        Q(our_number=our_number) | Q(our_number=None), number=number
    ).exists()


def record_opt_out(our_number: str | None, number: str, source: OptOut.Source) -> None:
    """Record a refusal; None = of any number of ours. The first record of it stays."""
    same = OptOut.objects.filter(our_number=our_number, number=number)
    known = same.exists()
    OptOut.objects.bulk_create(
        [OptOut(our_number=our_number, number=number, source=source)], ignore_conflicts=True
    )
    if not known:
        note_added(same)


def release(our_number: str | None, number: str, *, reason: str = "") -> None:
    """Forget a refusal; the reason, if a person gave one, goes into the audit trail.

    START to one number says nothing about the others: a refusal of all numbers stays, until
    somebody releases None.
    """
    with because(reason or current_reason()):
        OptOut.objects.filter(our_number=our_number, number=number).delete()
