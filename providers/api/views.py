"""The webhook log for system admins; replay and discard."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from providers.log_search import received_before, received_since
from providers.models import WebhookEvent
from providers.payloads import decoded
from providers.replay import discard, replay
from tenants.api.filters import MomentFilter
from tenants.api.guarded import GuardedView
from tenants.api.pagination import LongPages
from tenants.api.permissions import IsSystemAdmin


class WebhookEventSerializer(serializers.ModelSerializer[WebhookEvent]):
    """One event as received, and what became of it."""

    tenant: Any = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    payload = serializers.SerializerMethodField()

    class Meta:
        model = WebhookEvent
        fields: ClassVar[list[str]] = [
            "id",
            "received_at",
            "provider",
            "type",
            "state",
            "tenant",
            "attempts",
            "error",
            "payload",
        ]
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.ANY)
    def get_payload(self, event: WebhookEvent) -> Any:
        """The JSON value, or text where the payload is none."""
        return decoded(event.payload)


class NotDiscarded(APIException):
    """The event is waiting or done: there is nothing to put aside."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "not_discarded"
    default_detail = "Only failed, rejected and unrouted events can be discarded."


class WebhookEventFilter(django_filters.FilterSet):  # type: ignore[misc]  # no types
    """By state, type, tenant's slug and time."""

    tenant = django_filters.CharFilter(field_name="tenant__slug", label="Slug.")
    after = MomentFilter(method="since", label="From this moment on.")
    before = MomentFilter(method="until", label="Until this moment.")

    class Meta:
        model = WebhookEvent
        fields = ["state", "type"]

    def since(
        self, events: QuerySet[WebhookEvent], name: str, value: datetime
    ) -> QuerySet[WebhookEvent]:
        """Keep what came in later; found by the order of the log, as its times have no index."""
        return received_since(events, value)

    def until(
        self, events: QuerySet[WebhookEvent], name: str, value: datetime
    ) -> QuerySet[WebhookEvent]:
        """Keep what came in earlier."""
        return received_before(events, value)


class EventPages(LongPages):
    """The events, the latest first."""

    ordering = ("-id",)


class WebhookEventViewSet(GuardedView, viewsets.ReadOnlyModelViewSet[WebhookEvent]):
    """Everything carriers posted, newest first."""

    permission_classes = [IsSystemAdmin]
    serializer_class = WebhookEventSerializer
    queryset = WebhookEvent.objects.select_related("tenant")
    filterset_class = WebhookEventFilter
    pagination_class = EventPages

    @extend_schema(request=None, responses=WebhookEventSerializer)
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str | None = None) -> Response:
        """Route the event once more."""
        event = self.get_object()
        replay(WebhookEvent.objects.filter(pk=event.pk))
        event.refresh_from_db()
        return Response(self.get_serializer(event).data)

    @extend_schema(request=None, responses=WebhookEventSerializer)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: str | None = None) -> Response:
        """Put a failed, rejected or unrouted event aside (409 for others); a replay undoes it."""
        event = self.get_object()
        if not discard(WebhookEvent.objects.filter(pk=event.pk)):
            raise NotDiscarded
        event.refresh_from_db()
        return Response(self.get_serializer(event).data)
