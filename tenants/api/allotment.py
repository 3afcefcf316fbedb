"""Giving out numbers in blocks over the platform's API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import allotment
from tenants.allotment import CannotAllot, StillUsed
from tenants.api.fields import KnownFields, RowField
from tenants.api.serializers import TenantField
from tenants.models import PhoneNumber, Tenant, Trunk
from tenants.number_ranges import MOST, UnreadableNumbers, read_numbers

_TOLD = 20


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A hundred numbers for a tenant",
            {"trunk": 1, "tenant": "acme", "numbers": "9195550100-9195550199"},
            request_only=True,
        )
    ]
)
class AllotmentSerializer(KnownFields, serializers.Serializer[Any]):
    """A block of numbers, the trunk it hangs on and whom it is for."""

    trunk = RowField(queryset=Trunk.objects.select_related("tenant"))
    tenant = TenantField(slug_field="slug", queryset=Tenant.objects.all(), allow_null=True)
    numbers = serializers.CharField(
        max_length=500_000,
        help_text="Numbers and ranges `a-b`, separated by semicolons, commas or new lines;"
        f" at most {MOST:,} numbers.",
    )


class AllottedSerializer(serializers.Serializer[Any]):
    """How many numbers were new, there already, or handed over from the free pool."""

    added = serializers.IntegerField()
    already = serializers.IntegerField()
    handed_over = serializers.IntegerField()


class TakeBackSerializer(KnownFields, serializers.Serializer[Any]):
    """A block of numbers to put back into the free pool."""

    numbers = serializers.CharField(
        max_length=500_000, help_text="Numbers and ranges `a-b` in E.164, as for `allot/`."
    )


class TakenBackSerializer(serializers.Serializer[Any]):
    """How many numbers changed hands; those that were free already are not counted."""

    taken_back = serializers.IntegerField()


class AllotsNumbers:
    """Adds `allot/` and `take-back/` to the number directory."""

    @extend_schema(request=AllotmentSerializer, responses=AllottedSerializer, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def allot(self, request: Request) -> Response:
        """Give a block of numbers to a tenant, or to the free pool (null): all, or none (400)."""
        given = AllotmentSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        try:
            done = allotment.allot(data["trunk"], data["tenant"], data["numbers"])
        except UnreadableNumbers as error:
            raise serializers.ValidationError({"numbers": error.problems}) from error
        except CannotAllot as error:
            raise serializers.ValidationError({"numbers": error.reasons}) from error
        return Response(
            {
                "added": len(done.added),
                "already": len(done.already),
                "handed_over": len(done.handed_over),
            }
        )

    @extend_schema(request=TakeBackSerializer, responses=TakenBackSerializer, filters=False)
    @action(detail=False, methods=["post"], url_path="take-back", pagination_class=None)
    def take_back(self, request: Request) -> Response:
        """Put a block of numbers back into the free pool: all, or none while one is used (400).

        Numbers on a tenant's own trunk stay with it.
        """
        given = TakeBackSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            named = read_numbers(given.validated_data["numbers"], country="US")
            missing = _unknown(named)
            if missing:
                raise serializers.ValidationError({"numbers": missing})
            rows = PhoneNumber.objects.filter(number__in=named)
            return Response({"taken_back": allotment.take_back(rows)})
        except UnreadableNumbers as error:
            raise serializers.ValidationError({"numbers": error.problems}) from error
        except StillUsed as error:
            raise serializers.ValidationError({"numbers": [str(error)]}) from error


def _unknown(numbers: list[str]) -> list[str]:
    found = PhoneNumber.objects.filter(number__in=numbers).values_list("number", flat=True)
    missing = sorted(set(numbers) - set(found))
    more = [f"And {len(missing) - _TOLD} more."] if len(missing) > _TOLD else []
    return [f"{number} is not in the directory." for number in missing[:_TOLD]] + more
