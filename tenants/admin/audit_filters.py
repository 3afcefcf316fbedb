"""Filters of the audit lists."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from auditlog.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter
from unfold.utils import parse_date_str

from tenants.audit import Action
from tenants.audit_words import SYSTEM, action_name, content_type_of, kinds

_THE_SYSTEM = "system"


def midnight(text: Any) -> datetime | None:
    """Return the start of a typed day in the current time zone; None when it is no day."""
    day: date | None = parse_date_str(text) if isinstance(text, str) else None
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


class DaysFilter(RangeDateFilter):  # type: ignore[misc]  # unfold has no types
    """From one day to another, both whole, by the clock of whose pages these are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "day"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        name = self.parameter_name
        start = midnight(self.used_parameters.get(f"{name}_from"))
        end = midnight(self.used_parameters.get(f"{name}_to"))
        if start:
            queryset = queryset.filter(**{f"{name}__gte": start})
        if end:
            queryset = queryset.filter(**{f"{name}__lt": end + timedelta(days=1)})
        return queryset


class PersonFilter(DropdownFilter):  # type: ignore[misc]  # unfold has no types
    """By who did it."""

    title = "person"
    parameter_name = "person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = [(str(user.pk), str(user.email)) for user in model_admin.people(request)]
        return [(_THE_SYSTEM, SYSTEM), *people]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        value = self.value()
        if value == _THE_SYSTEM:
            return queryset.filter(actor=None)
        if value and value.isascii() and value.isdecimal() and len(value) < 19:
            return queryset.filter(actor_id=int(value))
        return queryset.none() if value else queryset


class KindFilter(DropdownFilter):  # type: ignore[misc]  # unfold has no types
    """By what was changed."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, name) for key, name in kinds() if model_admin.tells_of(key)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        if not self.value():
            return queryset
        return queryset.filter(content_type=content_type_of(self.value()))


class ActionFilter(DropdownFilter):  # type: ignore[misc]  # unfold has no types
    """By what became of it."""

    title = "action"
    parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(action.name.lower(), action_name(action)) for action in Action]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        value = (self.value() or "").upper()
        if not value:
            return queryset
        return (
            queryset.filter(action=Action[value])
            if value in Action.__members__
            else queryset.none()
        )


class RowFilter(DropdownFilter):  # type: ignore[misc]  # unfold has no types
    """One row's history; there is nothing to choose, the History buttons lead here."""

    title = "row"
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = request.GET.get(self.parameter_name, "")
        return [(value, "The one chosen")] if value else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        return entries_of(queryset, self.value()) if self.value() else queryset


def entries_of(entries: QuerySet[LogEntry], row: str) -> QuerySet[LogEntry]:
    """Return the entries about a row, named like `messaging.extension:5`."""
    kind, _, key = row.partition(":")
    if not (key.isascii() and key.isdecimal() and len(key) < 19):
        return entries.none()
    return entries.filter(content_type=content_type_of(kind), object_id=int(key))
