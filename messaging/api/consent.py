"""`consent/` and `consent-texts/`: the ledger, and what people are answered."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import TenantView, TenantViewSet
from messaging.consent import texts as consent_texts
from messaging.consent.keywords import why_no_answer
from messaging.models import ConsentEntry, ConsentTexts
from tenants.api.fields import KnownFields
from tenants.api.filters import MomentFilter
from tenants.api.pagination import LongPages
from tenants.api.permissions import IsTenantAdmin
from tenants.models import Tenant


class ConsentSerializer(serializers.ModelSerializer[ConsentEntry]):
    """One line of the ledger; `our_number` null = all of ours, `by` null = no person of ours."""

    by = serializers.EmailField(source="by.email", default=None, allow_null=True, read_only=True)
    message = serializers.UUIDField(
        source="message_id",
        allow_null=True,
        help_text="The message that said it; it may be gone by now.",
    )

    class Meta:
        model = ConsentEntry
        fields = ["id", "at", "number", "our_number", "action", "source", "by", "message", "detail"]


class ConsentFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """By numbers, what, how and time."""

    q = filters.CharFilter(field_name="number", lookup_expr="contains", label="Part of the number.")
    number = filters.CharFilter(label="The number, as E.164.")
    our_number = filters.CharFilter(label="One of our numbers, as E.164.")
    after = MomentFilter(field_name="at", lookup_expr="gte", label="Not before this time.")
    before = MomentFilter(field_name="at", lookup_expr="lt", label="Before this time.")

    class Meta:
        model = ConsentEntry
        fields = ["action", "source"]


class LedgerPages(LongPages):
    """The lines, the latest first."""

    ordering = ("-at", "-id")


class Consent(ListModelMixin, TenantViewSet[ConsentEntry]):
    """The consent ledger, newest first; nobody changes it."""

    permission_classes = [IsTenantAdmin]
    http_method_names = ["get", "head", "options"]
    serializer_class = ConsentSerializer
    filterset_class = ConsentFilter
    pagination_class = LedgerPages
    queryset = ConsentEntry.objects.all()

    def get_queryset(self) -> QuerySet[ConsentEntry]:
        return super().get_queryset().select_related("by")


class ConsentTextsSerializer(KnownFields, serializers.ModelSerializer[ConsentTexts]):
    """Own texts, "" = the usual one; `answers` says what is sent now, null = nothing."""

    answers = serializers.SerializerMethodField()

    class Meta:
        model = ConsentTexts
        fields = [
            "answers_stop",
            "stop_text",
            "answers_start",
            "start_text",
            "answers_help",
            "help_text",
            "answers",
        ]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse texts that would never be sent."""
        whys = {
            name: why_no_answer(attrs.get(name, ""))
            for name in (f"{word}_text" for word in consent_texts.WORDS)
        }
        if wrong := {name: [why] for name, why in whys.items() if why}:
            raise serializers.ValidationError(wrong)
        return attrs

    def get_answers(self, texts: ConsentTexts) -> dict[str, str | None]:
        """Tell what is sent now."""
        tenant: Tenant = self.context["view"].tenant
        company = consent_texts.company_name(tenant)
        return {
            word: consent_texts.wording(texts, word, company) or None
            for word in consent_texts.WORDS
        }


class ConsentTextsView(TenantView):
    """What people are answered to STOP, START and HELP."""

    permission_classes = [IsTenantAdmin]
    http_method_names = ["get", "patch", "head", "options"]

    @extend_schema(responses=ConsentTextsSerializer)
    def get(self, request: Request) -> Response:
        """Read the texts."""
        found = ConsentTextsSerializer(consent_texts.stored(), context={"view": self})
        return Response(found.data)

    @extend_schema(request=ConsentTextsSerializer(partial=True), responses=ConsentTextsSerializer)
    def patch(self, request: Request) -> Response:
        """Change what is named."""
        context = {"request": request, "view": self}
        found = ConsentTextsSerializer(
            consent_texts.stored(), data=request.data, partial=True, context=context
        )
        found.is_valid(raise_exception=True)
        found.save()
        return Response(found.data)
