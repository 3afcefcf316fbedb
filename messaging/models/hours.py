"""When a tenant's people are there: weekly hours and holidays, in the tenant's time zone."""

from __future__ import annotations

from django.db import models


class BusinessHours(models.Model):
    """A week's opening hours under a name; the default ones are the company's."""

    name = models.CharField(
        max_length=64,
        unique=True,
        error_messages={"unique": "There are hours of this name already."},
    )
    # {"1": [["09:00", "12:00"], ["13:00", "17:00"]], …}: ISO weekdays, from before until, "24:00"
    # ends a day; a weekday that is absent is closed.
    week = models.JSONField(default=dict, blank=True)
    is_default = models.BooleanField(
        default=False, help_text="The company's hours, used where none are chosen."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = "business hours"
        verbose_name_plural = "business hours"
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="one_default_hours",
                violation_error_message="Other hours are the company's already.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Holiday(models.Model):
    """Days on which the company is closed, or works by other rules."""

    name = models.CharField(max_length=64)
    first_day = models.DateField()
    last_day = models.DateField()
    every_year = models.BooleanField(default=False, help_text="On the same dates each year.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["first_day", "name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")),
                name="holiday_ends_after_it_begins",
                violation_error_message="The last day is before the first.",
            )
        ]

    def __str__(self) -> str:
        return self.name
