"""Filters of the message log; what each means is said once, in messaging.exports.selection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from unfold.contrib.filters.admin import DropdownFilter, TextFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from messaging.admin.base import ScreenRequest, national
from messaging.delivery.wording import REASONS
from messaging.exports.selection import LABELS, UNASSIGNED, Unreadable, narrow
from messaging.models import Extension, Message
from messaging.models.message import Status
from tenants.models import PhoneNumber

Choices = list[tuple[str, str]]


def narrowed_or_none(
    request: ScreenRequest, rows: QuerySet[Message], name: str, value: str
) -> QuerySet[Message]:
    """Apply one filter; what cannot be read shows nothing and says why."""
    try:
        return narrow(rows, name, value, request.tenant)
    except Unreadable as error:
        messages.error(request, str(error))
        return rows.none()


class _Filter:
    """Mixin: hands the value on to the selection."""

    parameter_name: str
    value: Any

    def queryset(self, request: ScreenRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        value = self.value()
        return (
            narrowed_or_none(request, queryset, self.parameter_name, value) if value else queryset
        )


class _Dropdown(_Filter, DropdownFilter):  # type: ignore[misc]  # unfold has no types
    """One of a few."""


class DirectionFilter(_Dropdown):
    """Received or sent."""

    title = "direction"
    parameter_name = "direction"

    def lookups(self, request: ScreenRequest, model_admin: object) -> Choices:
        return [("in", "Received"), ("out", "Sent")]


class StatusFilter(_Dropdown):
    """What became of it."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: ScreenRequest, model_admin: object) -> Choices:
        return [(status.value, str(status.label)) for status in Status]


class KindFilter(_Dropdown):
    """SMS or MMS."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: ScreenRequest, model_admin: object) -> Choices:
        return [(kind.value, str(kind.label)) for kind in Message.Kind]


class OurNumberFilter(_Dropdown):
    """One of the tenant's numbers."""

    title = "our number"
    parameter_name = "our_number"

    def lookups(self, request: ScreenRequest, model_admin: object) -> Choices:
        rows = PhoneNumber.objects.filter(tenant=request.tenant).order_by("number")
        return [(n, national(n)) for n in rows.values_list("number", flat=True)]


class ExtensionFilter(_Dropdown):
    """Whose conversation it is in."""

    title = "extension"
    parameter_name = "extension"

    def lookups(self, request: ScreenRequest, model_admin: object) -> Choices:
        named = [(extension.number, str(extension)) for extension in Extension.objects.all()]
        return [(UNASSIGNED, "Unassigned"), *named]


class ReasonFilter(_Dropdown):
    """Why it failed, in our words."""

    title = "reason"
    parameter_name = "reason"

    def lookups(self, request: ScreenRequest, model_admin: object) -> Choices:
        return list(REASONS.items())


class ErrorCodeFilter(_Filter, TextFilter):  # type: ignore[misc]  # unfold has no types
    """The carrier's own code."""

    title = "error code"
    parameter_name = "error_code"


class DaysFilter(admin.ListFilter):
    """From one day to another, both included, as the tenant's calendar has them."""

    title = "days"
    template = "unfold/filters/filters_field.html"
    _NAMES: ClassVar[tuple[str, ...]] = ("from", "to")

    def __init__(self, request: Any, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self._NAMES:
            if name in params:
                value = params.pop(name)
                self.used_parameters[name] = value[-1] if isinstance(value, list) else value

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self._NAMES)

    def queryset(self, request: Any, queryset: QuerySet[Message]) -> QuerySet[Message]:
        for name, value in self.used_parameters.items():
            if value:
                queryset = narrowed_or_none(request, queryset, name, str(value))
        return queryset

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        form = forms.Form(data={name: self.used_parameters.get(name) for name in self._NAMES})
        for name in self._NAMES:
            form.fields[name] = forms.CharField(
                label=LABELS[name],
                required=False,
                widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
            )
        yield {"form": form}


LOG_FILTERS = [
    DaysFilter,
    DirectionFilter,
    StatusFilter,
    OurNumberFilter,
    ExtensionFilter,
    KindFilter,
    ReasonFilter,
    ErrorCodeFilter,
]
