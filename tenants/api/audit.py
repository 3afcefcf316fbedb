"""The audit trail as both APIs give it."""

from __future__ import annotations

from typing import Any, ClassVar

from auditlog.models import LogEntry
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers

from tenants import audit_words
from tenants.api.filters import MomentFilter
from tenants.audit import MASK, Action
from tenants.models import AccessEntry

_ACTIONS = [(action.name.lower(), audit_words.action_name(action)) for action in Action]
_CHANGES = inline_serializer(
    "AuditChange",
    {
        "field": serializers.CharField(),
        "label": serializers.CharField(),
        "before": serializers.CharField(allow_null=True),
        "after": serializers.CharField(allow_null=True),
    },
    many=True,
)


class AuditSerializer(serializers.ModelSerializer[LogEntry]):
    """One entry: who changed what, from what to what; of secrets only that they changed."""

    at = serializers.DateTimeField(source="timestamp")
    actor = serializers.EmailField(source="actor_email", allow_null=True)
    switched_in = serializers.SerializerMethodField(
        help_text="A system admin did it inside the tenant."
    )
    api_key = serializers.SerializerMethodField(help_text="First letters of the key used, or null.")
    action = serializers.SerializerMethodField()
    kind = serializers.SerializerMethodField()
    label = serializers.CharField(source="object_repr")  # type: ignore[assignment]  # DRF's own
    changes = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    ip = serializers.IPAddressField(source="remote_addr", allow_null=True)

    class Meta:
        model = LogEntry
        fields: ClassVar[list[str]] = [
            "id",
            "at",
            "actor",
            "switched_in",
            "api_key",
            "action",
            "kind",
            "object_id",
            "label",
            "changes",
            "reason",
            "ip",
        ]

    def get_switched_in(self, entry: LogEntry) -> bool:
        return audit_words.was_switched_in(entry)

    def get_api_key(self, entry: LogEntry) -> str | None:
        return audit_words.key_hint(entry) or None

    @extend_schema_field(serializers.ChoiceField(choices=_ACTIONS))
    def get_action(self, entry: LogEntry) -> str:
        return audit_words.action_name(entry.action).lower()

    def get_kind(self, entry: LogEntry) -> str:
        return f"{entry.content_type.app_label}.{entry.content_type.model}"

    @extend_schema_field(_CHANGES)
    def get_changes(self, entry: LogEntry) -> list[dict[str, Any]]:
        return [
            {
                "field": change.field,
                "label": change.label,
                "before": MASK if change.is_secret else change.before or None,
                "after": MASK if change.is_secret else change.after or None,
            }
            for change in audit_words.changes_of(entry)
        ]

    def get_reason(self, entry: LogEntry) -> str:
        return audit_words.reason(entry)


class AuditFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """By time, person, kind and action."""

    after = MomentFilter(field_name="timestamp", lookup_expr="gte", label="From this moment on.")
    before = MomentFilter(field_name="timestamp", lookup_expr="lt", label="Until this moment.")
    actor = filters.CharFilter(
        method="by_actor", label='E-mail address, or "system" for what no person did.'
    )
    kind = filters.ChoiceFilter(
        choices=audit_words.kinds, method="by_kind", label="Such as messaging.extension."
    )
    action = filters.ChoiceFilter(choices=_ACTIONS, method="by_action")

    class Meta:
        model = LogEntry
        fields: ClassVar[list[str]] = []

    def by_actor(self, entries: QuerySet[LogEntry], name: str, value: str) -> QuerySet[LogEntry]:
        if value == "system":
            return entries.filter(actor=None)
        return entries.filter(actor_email__iexact=value)

    def by_kind(self, entries: QuerySet[LogEntry], name: str, value: str) -> QuerySet[LogEntry]:
        return entries.filter(content_type=audit_words.content_type_of(value))

    def by_action(self, entries: QuerySet[LogEntry], name: str, value: str) -> QuerySet[LogEntry]:
        return entries.filter(action=Action[value.upper()])


def all_entries() -> QuerySet[LogEntry]:
    """Return the trail of the current schema, newest first."""
    entries: QuerySet[LogEntry] = LogEntry.objects.select_related("actor", "content_type")
    return entries.order_by("-timestamp", "-pk")


class AccessEntrySerializer(serializers.ModelSerializer[AccessEntry]):
    """One visit ("visit") or change (the request's method) by a switched-in system admin."""

    actor = serializers.EmailField(source="user.email")
    tenant = serializers.SlugRelatedField(slug_field="slug", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = AccessEntry
        fields: ClassVar[list[str]] = ["id", "at", "actor", "tenant", "action", "path", "ip"]


class AccessEntryFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """By time, person and tenant."""

    after = MomentFilter(field_name="at", lookup_expr="gte")
    before = MomentFilter(field_name="at", lookup_expr="lt")
    actor = filters.CharFilter(field_name="user__email", lookup_expr="iexact")
    tenant = filters.CharFilter(field_name="tenant__slug")

    class Meta:
        model = AccessEntry
        fields: ClassVar[list[str]] = ["action"]
