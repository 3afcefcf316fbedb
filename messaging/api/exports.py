"""`exports/`: the message log as spreadsheets."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.mixins import DestroyModelMixin, ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import TenantViewSet
from messaging.api.fields import tenant_of
from messaging.api.media import AnyAnswer
from messaging.api.refusals import Refused
from messaging.delivery.wording import REASONS
from messaging.exports import upkeep
from messaging.exports.asking import TooMany, ask_for_messages
from messaging.exports.download import file_response
from messaging.exports.selection import LABELS, UNASSIGNED, Unreadable, in_words, narrow
from messaging.models import Export, Message
from messaging.models.export import PERSON
from messaging.models.message import Status
from tenants.api.fields import KnownFields
from tenants.api.permissions import IsTenantAdmin

_HELP = {
    "from": "First day, such as 2026-11-01, in the tenant's time zone.",
    "to": "Last day.",
    "direction": "`in` or `out`.",
    "status": f"One of {', '.join(f'`{value}`' for value in Status.values)}.",
    "kind": "`sms` or `mms`.",
    "our_number": "One of your numbers, in any usual form.",
    "extension": f"Number of an extension, or `{UNASSIGNED}`.",
    "reason": f"One of {', '.join(f'`{value}`' for value in REASONS)}.",
    "error_code": "The carrier's own code.",
    "q": "A number, words of the text or an ID.",
}


class FiltersSerializer(KnownFields, serializers.Serializer[Any]):
    """Which messages; none of them = all."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Name the filters as the message log does; one is `from`, which Python cannot."""
        return {
            name: serializers.CharField(required=False, allow_blank=True, help_text=_HELP[name])
            for name in LABELS
        }

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        """Have each filter judged by itself, so that the wrong one is named."""
        wrong = {}
        for name, value in attrs.items():
            try:
                if value:
                    narrow(Message.objects.none(), name, value, tenant_of(self))
            except Unreadable as error:
                wrong[name] = [str(error)]
        if wrong:
            raise ValidationError(wrong)
        return attrs


class NewExportSerializer(KnownFields, serializers.Serializer[Any]):
    """Export to write."""

    filters = FiltersSerializer(required=False, default=dict)


class ExportSerializer(serializers.ModelSerializer[Export]):
    """One export and how far it is."""

    filters_in_words = serializers.SerializerMethodField()
    asked_by = serializers.CharField(source="user.email")

    class Meta:
        model = Export
        fields = [
            "id",
            "kind",
            "filters",
            "filters_in_words",
            "asked_by",
            "state",
            "rows_done",
            "rows_total",
            "size",
            "error",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields

    def get_filters_in_words(self, export: Export) -> list[str]:
        """Say what is meant, for people."""
        if export.kind == PERSON:
            return [f"Number: {export.filters['number']}"]
        return in_words(export.filters, tenant_of(self))


class Exports(TenantViewSet[Export], ListModelMixin, RetrieveModelMixin, DestroyModelMixin):
    """Spreadsheets of the message log, and all there is of one contact as a ZIP.

    They are written in the background and kept for 7 days.
    """

    permission_classes = [IsTenantAdmin]
    http_method_names = ["get", "post", "delete", "head", "options"]
    queryset = Export.objects.none()
    serializer_class = ExportSerializer
    lookup_value_regex = r"[0-9a-fA-F-]{32,36}"

    def get_queryset(self) -> QuerySet[Export]:
        return Export.objects.select_related("user").order_by("-created_at", "pk")

    @extend_schema(request=NewExportSerializer, responses={201: ExportSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Have messages written to a file; look at `state` until it is `done` or `failed`."""
        wanted = NewExportSerializer(data=request.data, context=self.get_serializer_context())
        wanted.is_valid(raise_exception=True)
        try:
            export = ask_for_messages(
                self.person, self.tenant, wanted.validated_data.get("filters") or {}
            )
        except TooMany as refusal:
            raise Refused("too_many_exports", str(refusal)) from refusal
        return Response(self.get_serializer(export).data, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: Export) -> None:
        upkeep.delete(instance)

    @extend_schema(
        responses={
            (200, "text/csv"): OpenApiTypes.BINARY,
            (200, "application/zip"): OpenApiTypes.BINARY,
        }
    )
    @action(detail=True, methods=["get"], content_negotiation_class=AnyAnswer)
    def file(self, request: Request, **kwargs: Any) -> FileResponse:
        """Read the file. Raises NotFound while it is not written."""
        export = self.get_object()
        if export.state != Export.State.DONE:
            raise NotFound("This file is not written yet.")
        return file_response(export)
