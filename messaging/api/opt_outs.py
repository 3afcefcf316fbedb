"""`opt-outs/`: who must not be texted."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import ConfigurationViewSet
from messaging.api.fields import NumberField, tenant_of
from messaging.consent import ledger, optouts
from messaging.models import OptOut
from tenants.api.fields import KnownFields
from tenants.models import PhoneNumber

_REASON_LENGTH = 200
ALREADY = "This number is opted out already."


class OptOutSerializer(KnownFields, serializers.ModelSerializer[OptOut]):
    """One opt-out: from one of our numbers, or (null) from all."""

    our_number = NumberField(required=False, allow_null=True, allow_blank=True, max_length=40)
    number = NumberField(max_length=40)
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        write_only=True,
        max_length=_REASON_LENGTH,
        help_text="How you know of it, for the consent ledger.",
    )

    class Meta:
        model = OptOut
        fields = ["id", "our_number", "number", "source", "created_at", "reason"]
        read_only_fields = ["source", "created_at"]
        validators: list[Any] = []  # below, where "" has become null

    def validate_our_number(self, number: str | None) -> str | None:
        """Take the tenant's own numbers only."""
        if not number:
            return None
        if not PhoneNumber.objects.filter(tenant_id=tenant_of(self).pk, number=number).exists():
            raise serializers.ValidationError("This is not one of your numbers.")
        return number

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Say plainly that the row is there; the constraint decides between two at once."""
        attrs.setdefault("our_number", None)
        if optouts.has_refused(attrs["our_number"], attrs["number"]):
            raise serializers.ValidationError({"number": [ALREADY]})
        return attrs

    def create(self, validated_data: dict[str, Any]) -> OptOut:
        """Add it, and its line in the ledger."""
        reason = validated_data.pop("reason", "")
        opt_out = super().create(validated_data)
        ledger.note_opt_outs([opt_out], detail=reason)
        return opt_out


class OptOutFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """By part of the number, our number and source."""

    q = filters.CharFilter(field_name="number", lookup_expr="contains", label="Part of the number.")
    our_number = filters.CharFilter(label="One of our numbers, as E.164.")

    class Meta:
        model = OptOut
        fields = ["source"]


class OptOuts(ConfigurationViewSet[OptOut]):
    """Opt-outs. One that is added is a person's ("manual"); deleting releases the number."""

    http_method_names = ["get", "post", "delete", "head", "options"]
    queryset = OptOut.objects.all()
    serializer_class = OptOutSerializer
    filterset_class = OptOutFilter

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "reason",
                str,
                description="Why they may be texted again, in up to 200 characters. It is kept in"
                " the ledger and the audit trail, and may be sent in the body too.",
            )
        ]
    )
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Release the number: it may be texted again."""
        sent = request.data if isinstance(request.data, dict) else {}
        given = sent.get("reason") or request.query_params.get("reason") or ""
        field = serializers.CharField(max_length=_REASON_LENGTH, allow_blank=True)
        try:
            self._reason = str(field.run_validation(given))
        except serializers.ValidationError as error:
            raise serializers.ValidationError({"reason": error.detail}) from error
        return super().destroy(request, *args, **kwargs)

    def perform_destroy(self, instance: OptOut) -> None:
        """Forget the refusal, with the reason in the trail."""
        optouts.release(instance.our_number, instance.number, reason=self._reason)
