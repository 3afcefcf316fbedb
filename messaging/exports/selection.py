"""Which messages of the log are meant: the same filters for the page, the export and the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.formats import date_format

from messaging.delivery.wording import REASONS
from messaging.exports.search import LONGEST, search
from messaging.models import Extension, Message
from messaging.models.message import Status
from tenants.models import Tenant
from tenants.numbers import NotAPhoneNumber, for_people, to_e164

UNASSIGNED = "none"

Rows = QuerySet[Message]


class Unreadable(ValueError):
    """A filter says something that cannot be; the message tells the person what."""


def narrow(rows: Rows, name: str, value: str, tenant: Tenant) -> Rows:
    """Apply one filter.

    Raises Unreadable.
    """
    if len(value) > LONGEST or "\x00" in value:
        raise Unreadable(f"{LABELS[name]}: this is too long to be looked for.")
    return _FILTERS[name](rows, value, tenant)


def narrowed(rows: Rows, filters: Mapping[str, str], tenant: Tenant) -> Rows:
    """Apply all filters.

    Raises Unreadable.
    """
    for name, value in filters.items():
        rows = narrow(rows, name, value, tenant)
    return rows


def chosen(values: Mapping[str, Any], tenant: Tenant) -> dict[str, str]:
    """Pick the filters out of a page's or a program's parameters, judged but not yet used.

    Raises Unreadable.
    """
    filters = {name: str(values[name]).strip() for name in LABELS if values.get(name)}
    filters = {name: value for name, value in filters.items() if value}
    narrowed(Message.objects.none(), filters, tenant)
    return filters


def in_words(filters: Mapping[str, str], tenant: Tenant) -> list[str]:
    """Tell a person what the filters are; an empty list = all messages."""
    return [
        f"{label}: {_shown(name, filters[name], tenant)}"
        for name, label in LABELS.items()
        if name in filters
    ]


def _shown(name: str, value: str, tenant: Tenant) -> str:
    known = _CHOICES.get(name, {})
    if value in known:
        return known[value]
    if name in {"from", "to"}:
        return date_format(date.fromisoformat(value), "M j, Y")
    if name == "our_number":
        return for_people(value, country=tenant.country)
    return f"“{value}”" if name == "q" else value


def _day(value: str) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        day = date.min
    if not 2000 <= day.year <= 2100:
        raise Unreadable(f"“{value[:40]}” is not a date. Write it as 2026-11-21.")
    return day


def _midnight(day: date, tenant: Tenant) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(tenant.timezone))


def _since(rows: Rows, value: str, tenant: Tenant) -> Rows:
    return rows.filter(created_at__gte=_midnight(_day(value), tenant))


def _until(rows: Rows, value: str, tenant: Tenant) -> Rows:
    return rows.filter(created_at__lt=_midnight(_day(value) + timedelta(days=1), tenant))


def _one_of(name: str, field: str) -> Callable[[Rows, str, Tenant], Rows]:
    def keep(rows: Rows, value: str, tenant: Tenant) -> Rows:
        if value not in _CHOICES[name]:
            raise Unreadable(f"{LABELS[name]}: there is no “{value[:40]}”.")
        return rows.filter(**{field: value})

    return keep


def _our_number(rows: Rows, value: str, tenant: Tenant) -> Rows:
    try:
        number = to_e164(value, country=tenant.country, short_codes=True)
    except NotAPhoneNumber as error:
        raise Unreadable(str(error)) from error
    return rows.filter(conversation__our_number=number)


def _extension(rows: Rows, value: str, tenant: Tenant) -> Rows:
    if value == UNASSIGNED:
        return rows.filter(conversation__extension=None)
    # By its key: what PostgreSQL knows of the threads tells it how few these are.
    extension = Extension.objects.filter(number=value).values_list("pk", flat=True).first()
    return rows.filter(conversation__extension=extension) if extension else rows.none()


def _error_code(rows: Rows, value: str, tenant: Tenant) -> Rows:
    return rows.filter(error_code=value)


LABELS = {
    "from": "From",
    "to": "Until",
    "direction": "Direction",
    "status": "Status",
    "kind": "Kind",
    "our_number": "Our number",
    "extension": "Extension",
    "reason": "Reason",
    "error_code": "Error code",
    "q": "Search",
}
_CHOICES: dict[str, dict[str, str]] = {
    "direction": {"in": "Received", "out": "Sent"},
    "status": {status.value: str(status.label) for status in Status},
    "kind": {kind.value: str(kind.label) for kind in Message.Kind},
    "reason": REASONS,
    "extension": {UNASSIGNED: "Unassigned"},
}
_FILTERS: dict[str, Callable[[Rows, str, Tenant], Rows]] = {
    "from": _since,
    "to": _until,
    "direction": _one_of("direction", "direction"),
    "status": _one_of("status", "status"),
    "kind": _one_of("kind", "kind"),
    "our_number": _our_number,
    "extension": _extension,
    "reason": _one_of("reason", "failure_reason"),
    "error_code": _error_code,
    "q": search,
}
