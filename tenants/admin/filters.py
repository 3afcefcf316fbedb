"""Filters that several lists of the system portal share."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter


class DayRange(RangeDateFilter):  # type: ignore[misc]  # unfold has no types
    """From a day to a day, both included; unfold's own leaves the last day out."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first = self._day("from")
        last = self._day("to")
        if first:
            queryset = self.since(queryset, _midnight(first))
        if last:
            queryset = self.before(queryset, _midnight(last) + timedelta(days=1))
        return queryset

    def since(self, queryset: QuerySet[Any], moment: datetime) -> QuerySet[Any]:
        """Keep what is of the moment or later."""
        return queryset.filter(**{f"{self.parameter_name}__gte": moment})

    def before(self, queryset: QuerySet[Any], moment: datetime) -> QuerySet[Any]:
        """Keep what is earlier than the moment."""
        return queryset.filter(**{f"{self.parameter_name}__lt": moment})

    def _day(self, end: str) -> date | None:
        try:
            return date.fromisoformat(str(self.used_parameters.get(f"{self.parameter_name}_{end}")))
        except ValueError:
            return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
