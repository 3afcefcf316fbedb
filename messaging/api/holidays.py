"""`holidays/`: days on which the company is closed, or works by other rules."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from messaging.api.base import ConfigurationViewSet
from messaging.hours.opening import NotAHoliday, check_holiday
from messaging.inbound.rules.in_use import rule_of_holiday
from messaging.models import Holiday
from tenants.api.fields import KnownFields
from tenants.api.refusals import InUse


class HolidaySerializer(KnownFields, serializers.ModelSerializer[Holiday]):
    """Days under a name, by the tenant's clock; both days belong to it."""

    class Meta:
        model = Holiday
        fields = ["id", "name", "first_day", "last_day", "every_year"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Judge the days together."""
        saved = self.instance
        values: dict[str, Any] = {
            name: attrs.get(name, getattr(saved, name, None))
            for name in ("first_day", "last_day", "every_year")
        }
        try:
            check_holiday(
                values["first_day"], values["last_day"], every_year=bool(values["every_year"])
            )
        except NotAHoliday as problem:
            raise serializers.ValidationError({problem.field: [problem.message]}) from problem
        return attrs


class Holidays(ConfigurationViewSet[Holiday]):
    """Holidays. They count for inbound rules that have targets for holidays, or name them."""

    queryset = Holiday.objects.all()
    serializer_class = HolidaySerializer
    filterset_fields = ["every_year"]

    def perform_destroy(self, instance: Holiday) -> None:
        """Delete the holiday.

        Raises InUse while a rule names it.
        """
        if reason := rule_of_holiday(instance):
            raise InUse(reason)
        super().perform_destroy(instance)
