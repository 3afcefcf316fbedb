"""`auto-replies/`: answers out of hours and to somebody new."""

from __future__ import annotations

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from messaging.api.base import ConfigurationViewSet
from messaging.api.fields import NumberField, tenant_of
from messaging.consent.keywords import why_no_answer
from messaging.models import AutoReply, BusinessHours
from tenants.api.fields import KnownFields, RowField
from tenants.models import PhoneNumber

_LONGEST_WINDOW = 720


class HoursField(RowField):
    """Id of business hours; null = the company's."""

    def get_queryset(self) -> QuerySet[BusinessHours]:
        return BusinessHours.objects.all()


class AutoReplySerializer(KnownFields, serializers.ModelSerializer[AutoReply]):
    """One auto-reply; `our_number` "" = all numbers."""

    our_number = NumberField(required=False, allow_blank=True, default="", max_length=40)
    hours = HoursField(required=False, allow_null=True, default=None)
    window_hours = serializers.IntegerField(
        min_value=1,
        max_value=_LONGEST_WINDOW,
        default=12,
        help_text="The same person gets it once in this many hours.",
    )
    text = serializers.CharField(max_length=1000)

    class Meta:
        model = AutoReply
        fields = [
            "id",
            "name",
            "kind",
            "enabled",
            "our_number",
            "hours",
            "text",
            "window_hours",
            "created_at",
        ]
        read_only_fields = ["created_at"]

    def validate_our_number(self, number: str) -> str:
        """Take the tenant's own numbers only."""
        kept = self.instance.our_number if self.instance else ""
        own = PhoneNumber.objects.filter(tenant_id=tenant_of(self).pk, number=number)
        if number and number != kept and not own.exists():
            raise serializers.ValidationError("This is not one of your numbers.")
        return number

    def validate_text(self, text: str) -> str:
        """Refuse what would never be sent."""
        if why := why_no_answer(text):
            raise serializers.ValidationError(why)
        return text


class AutoReplyFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """By kind, number and whether it is on."""

    class Meta:
        model = AutoReply
        fields = ["kind", "enabled", "our_number"]


class AutoReplies(ConfigurationViewSet[AutoReply]):
    """Auto-replies. Each text gets one at most; out of hours goes before first contact."""

    queryset = AutoReply.objects.all()
    serializer_class = AutoReplySerializer
    filterset_class = AutoReplyFilter
