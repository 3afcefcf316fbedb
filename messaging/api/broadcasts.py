"""`broadcasts/`: one text to many people, each alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from messaging.api.base import ConfigurationViewSet
from messaging.api.broadcast_serializers import (
    BroadcastSerializer,
    ResultSerializer,
    StartSerializer,
)
from messaging.api.once import KEY_PARAMETER, REPLAYED_HEADER, again, gone, once, replayed
from messaging.api.refusals import REFUSAL, Refused
from messaging.broadcasts import states
from messaging.broadcasts.again import copy_failed
from messaging.broadcasts.results import counts, results
from messaging.models import Broadcast, BroadcastRecipient, Message
from messaging.models.message import Status
from messaging.outbound.refusals import Refusal, SendRefused

_CHANGED = {200: BroadcastSerializer, 422: REFUSAL}
_NO_LONGER = "It has been started: only a draft or a scheduled broadcast can be changed."
_OVER = (Broadcast.State.DONE, Broadcast.State.CANCELED)
_OPEN = (Broadcast.State.SCHEDULED, Broadcast.State.RUNNING, Broadcast.State.PAUSED)


class BroadcastFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """By state."""

    state = filters.ChoiceFilter(choices=Broadcast.State.choices)


class RecipientFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """By the recipient's state, and by what became of its message."""

    state = filters.ChoiceFilter(choices=BroadcastRecipient.State.choices)
    status = filters.ChoiceFilter(method="by_status", choices=Status.choices)

    def by_status(
        self, rows: QuerySet[BroadcastRecipient], name: str, value: str
    ) -> QuerySet[BroadcastRecipient]:
        """Keep those whose message has the status."""
        messages = Message.objects.filter(broadcast__isnull=False, status=value)
        return rows.filter(message_id__in=messages.values("pk"))


class Broadcasts(ConfigurationViewSet[Broadcast]):
    """Broadcasts, newest first. They go out behind all other texts."""

    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    refusing_actions = ("partial_update", "destroy")
    queryset = Broadcast.objects.order_by("-created_at")
    serializer_class = BroadcastSerializer
    filterset_class = BroadcastFilter
    lookup_value_regex = r"[0-9a-fA-F-]{32,36}"

    @extend_schema(
        responses={200: again(BroadcastSerializer), 201: BroadcastSerializer, 422: REFUSAL},
        parameters=[KEY_PARAMETER, REPLAYED_HEADER],
    )
    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write a broadcast, once however often it comes with its `Idempotency-Key`."""
        asked = once(request, self.person)
        earlier = asked.earlier() if asked else None
        if earlier is not None:
            made = self.get_queryset().filter(pk__in=earlier).first()
            if made is None:
                raise gone()
            return replayed(self.get_serializer(made).data)
        answer = super().create(request, *args, **kwargs)
        if asked:
            asked.keep([UUID(answer.data["id"])])
        return answer

    @transaction.atomic
    def perform_create(self, serializer: BaseSerializer[Broadcast]) -> None:
        """Store a draft."""
        serializer.save(author=self.person)

    @transaction.atomic
    def perform_update(self, serializer: BaseSerializer[Broadcast]) -> None:
        """Change it while it was not started."""
        instance: Any = serializer.instance
        editable = Broadcast.objects.select_for_update().filter(state__in=states.EDITABLE)
        if not editable.filter(pk=instance.pk).exists():
            raise Refused(Refusal.INVALID_STATE, _NO_LONGER)
        serializer.save()

    @transaction.atomic
    def perform_destroy(self, instance: Broadcast) -> None:
        """Delete it; its messages stay."""
        if instance.state in _OPEN:
            text = "It is not over: cancel it first."
            raise Refused(Refusal.INVALID_STATE, text)
        instance.delete()

    @extend_schema(request=StartSerializer, responses=_CHANGED, filters=False)
    @action(detail=True, methods=["post"], filter_backends=[])
    def start(self, request: Request, **kwargs: Any) -> Response:
        """Start it, now or at `scheduled_at`.

        What is scheduled already can be started at another time, or at once.
        """
        self.get_object()  # whether it is here is said before what is wrong with the body
        data = StartSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        at = data.validated_data["scheduled_at"]
        return self._change(lambda broadcast: states.start(broadcast, **self._who(), at=at))

    @extend_schema(request=None, responses=_CHANGED, filters=False)
    @action(detail=True, methods=["post"], filter_backends=[])
    def unschedule(self, request: Request, **kwargs: Any) -> Response:
        """Make what is scheduled a draft again."""
        return self._change(states.unschedule)

    @extend_schema(request=None, responses=_CHANGED, filters=False)
    @action(detail=True, methods=["post"], filter_backends=[])
    def pause(self, request: Request, **kwargs: Any) -> Response:
        """Hold back whatever no carrier has yet."""
        return self._change(states.pause)

    @extend_schema(request=None, responses=_CHANGED, filters=False)
    @action(detail=True, methods=["post"], filter_backends=[])
    def resume(self, request: Request, **kwargs: Any) -> Response:
        """Go on where it was paused."""
        return self._change(lambda broadcast: states.resume(broadcast, **self._who()))

    @extend_schema(request=None, responses=_CHANGED, filters=False)
    @action(detail=True, methods=["post"], filter_backends=[])
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """Stop it for good: what no carrier has yet is not sent."""
        return self._change(lambda broadcast: states.cancel(broadcast, user=self.person))

    @extend_schema(request=None, responses={201: BroadcastSerializer, 422: REFUSAL}, filters=False)
    @action(detail=True, methods=["post"], url_path="copy-failed", filter_backends=[])
    def copy_failed(self, request: Request, **kwargs: Any) -> Response:
        """Write a draft of the same text for those for whom it failed; opted out is not failed."""
        broadcast = self.get_object()
        if broadcast.state not in _OVER or not counts(broadcast).failed:
            text = "Only a broadcast that is over and has failed for somebody can be copied so."
            raise Refused(Refusal.INVALID_STATE, text)
        draft = copy_failed(broadcast, user=self.person)
        return Response(self.get_serializer(draft).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        responses=ResultSerializer(many=True),
        filters=False,
        parameters=[
            OpenApiParameter(
                "state", enum=BroadcastRecipient.State.values, description="Of the recipient."
            ),
            OpenApiParameter("status", enum=Status.values, description="Of the message."),
        ],
    )
    @action(detail=True, methods=["get"], filter_backends=[])
    def recipients(self, request: Request, **kwargs: Any) -> Response:
        """List the recipients and what became of each."""
        people = self.get_object().recipients.select_related("contact").order_by("pk")
        narrowed = RecipientFilter(request.query_params, queryset=people)
        if not narrowed.is_valid():
            raise ValidationError(narrowed.errors)
        page = self.paginate_queryset(narrowed.qs)
        found = ResultSerializer(results(page or []), many=True)  # type: ignore[arg-type]
        return self.get_paginated_response(found.data)

    def _who(self) -> dict[str, Any]:
        return {"user": self.person, "role": self.role, "tenant": self.tenant}

    def _change(self, change: Callable[[Broadcast], object]) -> Response:
        broadcast = self.get_object()
        try:
            with transaction.atomic():
                change(broadcast)
        except SendRefused as refusal:
            raise Refused(refusal.code, refusal.text) from refusal
        broadcast.refresh_from_db()
        return Response(self.get_serializer(broadcast).data)
