"""The registration of numbers: who needs one, and noting when a person changes it."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from tenants import audit
from tenants.models import PhoneNumber


def needs_registration(phone: PhoneNumber) -> bool:
    """Tell whether carriers ask for it: in North America they do, and of every short code."""
    return phone.kind == PhoneNumber.Kind.SHORT_CODE or phone.number.startswith("+1")


def note_by_hand(phone: PhoneNumber, *, before: PhoneNumber | None) -> None:
    """Date what a person has set; a note about the former state goes with it.

    `before` is the row as it was, None for a new one. The caller saves.
    """
    was = before.registration if before else PhoneNumber.Registration.UNKNOWN
    if phone.registration == was:
        return
    phone.registration_at = timezone.now()
    if before is not None and phone.registration_note == before.registration_note:
        phone.registration_note = ""


def mark_all(rows: QuerySet[PhoneNumber], state: PhoneNumber.Registration) -> int:
    """Set many at once, as a person decided; return how many were in another state."""
    others = PhoneNumber.objects.filter(pk__in=rows.order_by().values("pk")).exclude(
        registration=state
    )
    return audit.change(
        others, registration=state.value, registration_note="", registration_at=timezone.now()
    )


def advice(phone: PhoneNumber) -> str:
    """Say what is to do about the number's registration; "" = nothing."""
    if phone.registration == PhoneNumber.Registration.REGISTERED or not needs_registration(phone):
        return ""
    return _ADVICE[phone.kind]


_ADVICE: dict[str, str] = {
    PhoneNumber.Kind.LOCAL: (
        "Carriers in the USA block texts of companies from local numbers that are on no 10DLC"
        " campaign. Register brand and campaign at Bandwidth, assign the number to it, then choose"
        " Registered here."
    ),
    PhoneNumber.Kind.TOLL_FREE: (
        "Carriers block texts from toll-free numbers that are not verified. Submit the toll-free"
        " verification at Bandwidth; when it is approved, choose Registered here."
    ),
    PhoneNumber.Kind.SHORT_CODE: (
        "A short code works at each carrier that has activated it. When Bandwidth says it is"
        " active, choose Registered here."
    ),
}
