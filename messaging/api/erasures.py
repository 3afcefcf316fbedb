"""`contacts/<id>/erase/` and `erasures/`: people whose data goes for good."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import TenantViewSet
from messaging.api.exports import ExportSerializer
from messaging.api.fields import NumberField
from messaging.api.refusals import Refused
from messaging.exports.asking import TooMany, ask_for_person
from messaging.models import Contact, Erasure
from messaging.retention import erasing
from tenants.api.fields import KnownFields
from tenants.api.permissions import IsTenantAdmin


class EraseSerializer(KnownFields, serializers.Serializer[Any]):
    """The contact's number once more: nobody erases a person by a slip."""

    number = NumberField(max_length=40)

    def validate_number(self, number: str) -> str:
        """Take the contact's own only."""
        if number != self.context["contact"].number:
            raise serializers.ValidationError("This is not the number of this contact.")
        return number


class ErasureSerializer(serializers.ModelSerializer[Erasure]):
    """An erasure; of the number only its last digits are told."""

    asked_by = serializers.EmailField(source="user.email", allow_null=True)

    class Meta:
        model = Erasure
        fields = [
            "id",
            "hint",
            "asked_by",
            "state",
            "messages",
            "files",
            "error",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields


class PersonalData(TenantViewSet[Contact]):
    """What a person may ask a company for, of a contact."""

    @extend_schema(request=None, responses={201: ExportSerializer})
    @action(
        detail=True, methods=["post"], url_path="export-data", permission_classes=[IsTenantAdmin]
    )
    def export_data(self, request: Request, **kwargs: Any) -> Response:
        """Have all there is of the contact's number written to a ZIP, to be found in `exports/`."""
        contact = self.get_object()
        try:
            export = ask_for_person(self.person, contact.number)
        except TooMany as refusal:
            raise Refused("too_many_exports", str(refusal)) from refusal
        told = ExportSerializer(export, context=self.get_serializer_context())
        return Response(told.data, status=status.HTTP_201_CREATED)

    @extend_schema(request=EraseSerializer, responses={202: ErasureSerializer})
    @action(detail=True, methods=["post"], permission_classes=[IsTenantAdmin])
    def erase(self, request: Request, **kwargs: Any) -> Response:
        """Erase all there is of the contact's number but its opt-outs; see `erasures/`."""
        contact = self.get_object()
        context = {**self.get_serializer_context(), "contact": contact}
        typed = EraseSerializer(data=request.data, context=context)
        typed.is_valid(raise_exception=True)
        erasure = erasing.ask(contact.number, user=self.person)
        return Response(ErasureSerializer(erasure).data, status=status.HTTP_202_ACCEPTED)


class Erasures(TenantViewSet[Erasure], ListModelMixin, RetrieveModelMixin):
    """Who was erased, by the number's last digits, and how far that is."""

    permission_classes = [IsTenantAdmin]
    http_method_names = ["get", "head", "options"]
    queryset = Erasure.objects.none()
    serializer_class = ErasureSerializer
    lookup_value_regex = r"[0-9a-fA-F-]{32,36}"

    def get_queryset(self) -> QuerySet[Erasure]:
        return Erasure.objects.select_related("user").order_by("-created_at", "pk")
