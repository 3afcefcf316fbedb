"""Advanced > Business hours: a week's opening hours under a name."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import transaction
from unfold.decorators import display

from messaging.admin.base import ScreenRequest
from messaging.admin.bulk import BulkAdmin
from messaging.admin.tenant_form import TenantForm, text_input
from messaging.hours.in_use import make_default, who_uses
from messaging.hours.opening import WEEKDAYS, read_week, summary, write_spans
from messaging.models import BusinessHours

_DEFAULT = {"Company's hours": "success", "-": ""}


def _day(name: str) -> forms.CharField:
    return forms.CharField(
        label=name,
        required=False,
        max_length=200,
        widget=text_input(placeholder="Closed", autocomplete="off"),
    )


class BusinessHoursForm(TenantForm):
    """A week, one line for each day."""

    day_1 = _day(WEEKDAYS["1"])
    day_2 = _day(WEEKDAYS["2"])
    day_3 = _day(WEEKDAYS["3"])
    day_4 = _day(WEEKDAYS["4"])
    day_5 = _day(WEEKDAYS["5"])
    day_6 = _day(WEEKDAYS["6"])
    day_7 = _day(WEEKDAYS["7"])

    class Meta:
        model = BusinessHours
        fields = ["name", "is_default"]
        labels = {"is_default": "The company's hours"}
        help_texts = {
            "name": "Such as Office or Hotline.",
            "is_default": "Used where none are chosen; other hours that were the company's are so"
            " no longer.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day in WEEKDAYS:
            self.initial.setdefault(f"day_{day}", write_spans(self.instance.week.get(day, [])))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        week, problems = read_week({day: cleaned.get(f"day_{day}", "") for day in WEEKDAYS})
        for day, text in problems.items():
            self.add_error(f"day_{day}", text)
        self.instance.week = week
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # Saving takes the default from the other hours, so it is free for each.
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # untold
        return {*excluded, "is_default"}


class BusinessHoursAdmin(BulkAdmin):
    """Business hours: list and week."""

    form = BusinessHoursForm
    list_display = ["name", "week_words", "default"]
    search_fields = ["name"]
    search_help_text = "Search by name"
    empty_title = "No business hours yet: you are always open"
    empty_text = (
        "Say when your company answers. Inbound rules and auto-replies then tell office hours from"
        " the rest of the day, in your company's time zone."
    )
    fieldsets: ClassVar = [
        (None, {"fields": ["name", "is_default"]}),
        (
            "Open",
            {
                "fields": [f"day_{day}" for day in WEEKDAYS],
                "description": "For each day from and until, such as 9-17 or 08:30-12:00;"
                " 13:00-17:30; “all day” for the whole of it. Empty = closed. A night ends at 24:00"
                " and goes on the day after from 00:00. Times are your company's.",
            },
        ),
    ]

    class Media:
        js = ["messaging/hours.js"]
        css = {"all": ["messaging/rules.css"]}

    @admin.display(description="Open")
    def week_words(self, obj: BusinessHours) -> str:
        return summary(obj)

    @display(description="Used by default", ordering="is_default", label=_DEFAULT)  # type: ignore[untyped-decorator]
    def default(self, obj: BusinessHours) -> str:
        """Badge: the company's hours."""
        return "Company's hours" if obj.is_default else "-"

    @transaction.atomic
    def save_model(
        self, request: ScreenRequest, obj: BusinessHours, form: TenantForm, change: Any
    ) -> None:
        if obj.is_default:
            make_default(obj)
        super().save_model(request, obj, form, change)

    def refusal_to_delete(self, request: ScreenRequest, obj: Any) -> str:
        return who_uses(obj)
