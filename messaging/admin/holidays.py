"""Advanced > Holidays: days on which the company is closed, or works by other rules."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.decorators import display

from messaging.admin.base import ScreenRequest
from messaging.admin.bulk import BulkAdmin
from messaging.admin.tenant_form import TenantForm, text_input
from messaging.hours.opening import NotAHoliday, check_holiday
from messaging.inbound.rules.in_use import rule_of_holiday
from messaging.models import Holiday

_YEARLY = {"Every year": "info", "Once": ""}


def _date(label: str, help_text: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(
            attrs=text_input(type="date").attrs | {"type": "date"}, format="%Y-%m-%d"
        ),
        help_text=help_text,
    )


class HolidayForm(TenantForm):
    """Days under a name."""

    first_day = _date("First day", "From midnight, by your company's clock.")
    last_day = _date("Last day", "Until midnight of this day; the same day for a single one.")

    class Meta:
        model = Holiday
        fields = ["name", "first_day", "last_day", "every_year"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        try:
            check_holiday(
                cleaned["first_day"], cleaned["last_day"], every_year=cleaned["every_year"]
            )
        except NotAHoliday as problem:
            self.add_error(problem.field, problem.message)
        return cleaned


class HolidayAdmin(BulkAdmin):
    """Holidays: list and form."""

    form = HolidayForm
    list_display = ["name", "first_day", "last_day", "yearly"]
    list_filter = ["every_year"]
    search_fields = ["name"]
    search_help_text = "Search by name"
    fields = ["name", "first_day", "last_day", "every_year"]
    empty_title = "No holiday yet"
    empty_text = (
        "Enter the days your company is closed, once or for every year. Inbound rules may then send"
        " texts elsewhere on them."
    )

    @display(description="How often", ordering="every_year", label=_YEARLY)  # type: ignore[untyped-decorator]
    def yearly(self, obj: Holiday) -> str:
        """Badge: on the same dates each year, or this once."""
        return "Every year" if obj.every_year else "Once"

    def refusal_to_delete(self, request: ScreenRequest, obj: Any) -> str:
        return rule_of_holiday(obj)
