"""Numbers that carriers do not know yet, or no longer: 10DLC campaigns and toll-free verification.

What stands in the directory is what people entered, until a carrier's error tells better. An error
only makes the state worse, and only when it happened after the state was last set: whoever marks a
number as registered is believed until the carrier refuses a later text. A text that arrives after
all changes nothing, because one carrier's mercy says nothing about the others.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from messaging.hours.quiet import policy
from messaging.models import SendingPolicy
from messaging.outbound.refusals import Refusal, SendRefused
from tenants import audit
from tenants.models import PhoneNumber
from tenants.registration import needs_registration
from tenants.schema import tenant_connection

Row = TypeVar("Row", bound=Model)

_State = PhoneNumber.Registration
_Policy = SendingPolicy.Unregistered

# What a finding may replace.
_BETTER: dict[str, list[str]] = {
    _State.PENDING: [_State.UNKNOWN, _State.REGISTERED],
    _State.REJECTED: [_State.UNKNOWN, _State.REGISTERED, _State.PENDING],
}
_WAYS: dict[str, str] = {
    PhoneNumber.Kind.LOCAL: "assign it to an approved 10DLC campaign",
    PhoneNumber.Kind.TOLL_FREE: "have its toll-free verification approved",
    PhoneNumber.Kind.SHORT_CODE: "have it activated at the carriers",
}


def with_rule(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Read the tenant's rule for unregistered numbers along with the rows."""
    stored = SendingPolicy.objects.filter(pk=1).values("unregistered")[:1]
    with_it: Any = rows.annotate(
        unregistered_rule=Coalesce(Subquery(stored), Value(_Policy.WARN.value))
    )
    found: QuerySet[Row] = with_it
    return found


def problem(phone: PhoneNumber, *, rule: str = "") -> SendRefused | None:
    """Say why the number may not send, by the tenant's rule for unregistered numbers.

    A rejected number may only where unregistered ones are simply allowed: its texts are blocked
    anyway, and each of them costs money and reputation. Without `rule` it is read when it counts.
    """
    if phone.registration == _State.REGISTERED or not needs_registration(phone):
        return None
    rule = rule or policy().unregistered
    if phone.registration == _State.REJECTED and rule != _Policy.ALLOW:
        return SendRefused(
            Refusal.UNREGISTERED,
            "The registration of this number was rejected, so carriers block its texts. Send from"
            f" another number; or {_WAYS[phone.kind]} and mark it as registered under Phone"
            " numbers.",
        )
    if rule != _Policy.REFUSE:
        return None
    state = "still pending" if phone.registration == _State.PENDING else "not confirmed"
    return SendRefused(
        Refusal.UNREGISTERED,
        f"The registration of this number is {state}, and your company sends from registered"
        f" numbers only. Send from another number; or {_WAYS[phone.kind]} and mark it as"
        " registered under Phone numbers.",
    )


def warning(phone: PhoneNumber | None, *, rule: str = "") -> str:
    """Say what may become of texts from the number; "" = nothing to fear, or nothing is known.

    Where nothing is known, only the number's own page tells: said of every text it would be noise.
    """
    if phone is None or phone.registration not in (_State.PENDING, _State.REJECTED):
        return ""
    if not needs_registration(phone) or (rule or policy().unregistered) == _Policy.ALLOW:
        return ""
    why = f" {phone.registration_note}" if phone.registration_note else ""
    return (
        f"The registration of this number is pending: carriers may block its texts.{why}"
        if phone.registration == _State.PENDING
        else f"The registration of this number was rejected: carriers block its texts.{why}"
    )


def caution(sender: str, *, at_length: bool = True) -> str:
    """Say what may become of texts from this number of the tenant; "" = nothing is known.

    Not at length, the carrier's reason is left out: whoever writes a text cannot mend it.
    """
    phones = PhoneNumber.objects.filter(number=sender, tenant_id=tenant_connection.tenant.pk)
    phone = phones.first()
    if phone is not None and not at_length:
        phone.registration_note = ""
    return warning(phone)


def learn(number: str, finding: str, *, code: str, words: str, at: datetime) -> None:
    """Note on the tenant's number what a carrier's error of this moment tells; audited."""
    known = Q(registration_at=None) | Q(registration_at__lt=at)
    rows = PhoneNumber.objects.filter(
        known,
        number=number,
        tenant_id=tenant_connection.tenant.pk,
        registration__in=_BETTER[finding],
    )
    if rows.exists():  # mostly it is told already: then nothing is locked
        audit.change(
            rows,
            reason=f"The carrier refused a text with code {code}",
            registration=str(finding),
            registration_note=f"Code {code}: {words}"[:300],
            registration_at=at,
        )
