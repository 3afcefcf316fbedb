"""`unrouted-numbers/`: texts for numbers that nobody has, gathered by number."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from providers.models import WebhookEvent
from providers.replay import discard, replay
from providers.unrouted import UnroutedNumber, unrouted_numbers
from tenants.api.fields import KnownFields
from tenants.api.guarded import GuardedView
from tenants.api.permissions import IsSystemAdmin


class UnroutedSerializer(serializers.Serializer[Any]):
    """One number and its waiting events."""

    number = serializers.CharField(help_text='"" = the events could not be read.')
    tenant = serializers.SerializerMethodField(
        help_text="Slug of who has the number by now; null = nobody."
    )
    known = serializers.SerializerMethodField(help_text="The number is in the directory.")
    count = serializers.SerializerMethodField()
    newest = serializers.DateTimeField()
    oldest = serializers.DateTimeField()
    events = serializers.SerializerMethodField(help_text="Ids in `webhook-events/`.")

    def get_tenant(self, group: UnroutedNumber) -> str | None:
        return group.known.tenant.slug if group.known and group.known.tenant else None

    def get_known(self, group: UnroutedNumber) -> bool:
        return group.known is not None

    def get_count(self, group: UnroutedNumber) -> int:
        return len(group.events)

    @extend_schema_field({"type": "array", "items": {"type": "integer"}})
    def get_events(self, group: UnroutedNumber) -> list[int]:
        return [event.pk for event in group.events]


class NamedSerializer(KnownFields, serializers.Serializer[Any]):
    """The number whose events are meant."""

    number = serializers.CharField(
        max_length=16, allow_blank=True, help_text="As the list tells it."
    )


class DoneSerializer(serializers.Serializer[Any]):
    """How many events it was."""

    events = serializers.IntegerField()


class UnroutedNumbers(GuardedView, viewsets.GenericViewSet[WebhookEvent]):
    """The newest unrouted events by number, the most wanted number first."""

    permission_classes = [IsSystemAdmin]
    serializer_class = UnroutedSerializer
    queryset = WebhookEvent.objects.none()
    filter_backends = []

    @extend_schema(responses=UnroutedSerializer(many=True))
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the numbers that texts came in for and nobody has."""
        groups: Any = unrouted_numbers()
        page = self.paginate_queryset(groups)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(request=NamedSerializer, responses=DoneSerializer)
    @action(detail=False, methods=["post"], pagination_class=None)
    def replay(self, request: Request, **kwargs: Any) -> Response:
        """Route one number's events once more, such as after it was allotted."""
        return Response({"events": replay(self._events_of(request))})

    @extend_schema(request=NamedSerializer, responses=DoneSerializer)
    @action(detail=False, methods=["post"], pagination_class=None)
    def discard(self, request: Request, **kwargs: Any) -> Response:
        """Put one number's events aside; a replay undoes it."""
        return Response({"events": discard(self._events_of(request))})

    def _events_of(self, request: Request) -> Any:
        named = NamedSerializer(data=request.data)
        named.is_valid(raise_exception=True)
        number = named.validated_data["number"]
        for group in unrouted_numbers():
            if group.number == number:
                keys = [event.pk for event in group.events]
                # Those that were routed or put aside meanwhile stay as they are.
                return WebhookEvent.objects.filter(pk__in=keys, state=WebhookEvent.State.UNROUTED)
        raise NotFound("No unrouted event is about this number.")
