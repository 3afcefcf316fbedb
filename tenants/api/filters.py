"""Filters that both APIs share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django_filters.fields import IsoDateTimeField


class MomentField(IsoDateTimeField):  # type: ignore[misc]  # django-filter has no types
    """Moment in UTC: PostgreSQL takes no offset beyond 16 hours, ISO 8601 does."""

    def to_python(self, value: Any) -> datetime | None:
        """Read the moment.

        Raises ValidationError.
        """
        moment: datetime | None = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as error:  # the first and the last day there is
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class MomentFilter(django_filters.IsoDateTimeFilter):  # type: ignore[misc]  # no types
    """Compares with a moment such as 2026-11-01T08:00:00Z."""

    field_class = MomentField
