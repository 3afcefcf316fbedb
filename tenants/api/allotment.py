"""Giving out numbers in blocks over the platform's API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import allotment
from tenants.allotment import CannotAllot
from tenants.api.fields import RowField
from tenants.api.serializers import TenantField
from tenants.models import Tenant, Trunk
from tenants.number_ranges import MOST, UnreadableNumbers


class AllotmentSerializer(serializers.Serializer[Any]):
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


class AllotsNumbers:
    """Adds `allot/` to the number directory."""

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
