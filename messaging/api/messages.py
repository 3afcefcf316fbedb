"""`messages/`: reading, sending, retrying, changing what is scheduled, and canceling."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import TenantViewSet
from messaging.api.message_serializers import (
    MessageChangeSerializer,
    MessageSerializer,
    NewMessageSerializer,
    RetrySerializer,
    SentIndividuallySerializer,
    with_parts,
)
from messaging.api.once import KEY_PARAMETER, REPLAYED_HEADER, again, gone, once, replayed
from messaging.api.refusals import REFUSAL, Refused
from messaging.api.thread import LogPages
from messaging.exports.search import search
from messaging.models import Conversation, Extension, Message, Recipient
from messaging.models.message import Status
from messaging.outbound.individually import send_individually
from messaging.outbound.refusals import SendRefused
from messaging.outbound.schedule import cancel_scheduled, edit_scheduled, send_scheduled_now
from messaging.outbound.send import cancel_message, retry_message, send_message
from messaging.registration import caution
from tenants.api.filters import MomentFilter
from tenants.api.permissions import IsTenantUser
from tenants.numbers import NotAPhoneNumber, to_e164
from tenants.roles import Role

_FEW_THREADS = 500

_SENT = PolymorphicProxySerializer(
    component_name="Sent",
    serializers=[MessageSerializer, SentIndividuallySerializer],
    resource_type_field_name=None,
)


class MessageFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """Narrows the list."""

    direction = filters.ChoiceFilter(choices=Message.Direction.choices)
    status = filters.ChoiceFilter(choices=Status.choices)
    kind = filters.ChoiceFilter(choices=Message.Kind.choices)
    origin = filters.ChoiceFilter(choices=Message.Origin.choices)
    broadcast = filters.UUIDFilter(field_name="broadcast_id", label="Id of a broadcast.")
    number = filters.CharFilter(method="by_number", label="From, to or by this number.")
    extension = filters.CharFilter(
        method="by_extension", label='Number of an extension, or "none".'
    )
    error_code = filters.CharFilter(label="The carrier's own code.")
    provider_message_id = filters.CharFilter()
    q = filters.CharFilter(
        method="by_words", label="Words of the text or their beginnings, a number, or an ID."
    )
    after = MomentFilter(field_name="created_at", lookup_expr="gt", label="Later than this moment.")
    before = MomentFilter(
        field_name="created_at", lookup_expr="lt", label="Earlier than this moment."
    )

    def by_number(self, rows: QuerySet[Message], name: str, value: str) -> QuerySet[Message]:
        """Keep messages that the number wrote or got.

        Raises ValidationError.
        """
        country = self.request._request.tenant.country
        try:
            number = to_e164(value, country=country, short_codes=True)
        except NotAPhoneNumber as error:
            raise ValidationError({"number": [str(error)]}) from error
        # The threads first: there are few, and the log is long.
        threads = Conversation.objects.filter(
            Q(our_number=number) | Q(participants_key__contains=number)
        )
        keys = list(threads.values_list("pk", flat=True)[: _FEW_THREADS + 1])
        rows = rows.filter(conversation__in=keys if len(keys) <= _FEW_THREADS else threads)
        got = Recipient.objects.filter(message=OuterRef("pk"), number=number)
        return rows.filter(Q(sender=number) | Q(conversation__our_number=number) | Exists(got))

    def by_words(self, rows: QuerySet[Message], name: str, value: str) -> QuerySet[Message]:
        """Find what the message log finds."""
        return search(rows, value, self.request._request.tenant)

    def by_extension(self, rows: QuerySet[Message], name: str, value: str) -> QuerySet[Message]:
        """Keep the messages of one extension's threads, or of nobody's."""
        if value == "none":
            return rows.filter(conversation__extension=None)
        # By its key: what PostgreSQL knows of the threads tells it how few these are.
        extension = Extension.objects.filter(number=value).values_list("pk", flat=True).first()
        return rows.filter(conversation__extension=extension) if extension else rows.none()


class Messages(TenantViewSet[Message], ListModelMixin, RetrieveModelMixin):
    """Messages, the latest first."""

    permission_classes = [IsTenantUser]
    queryset = Message.objects.none()
    serializer_class = MessageSerializer
    filterset_class = MessageFilter
    pagination_class = LogPages
    lookup_value_regex = r"[0-9a-fA-F-]{32,36}"

    def get_queryset(self) -> QuerySet[Message]:
        """Return the messages of the threads that the person may see."""
        rows = Message.objects.all()
        if self.role < Role.ADMIN:  # who sees all threads needs no look at each message's
            rows = rows.filter(conversation__in=self._threads())
        return with_parts(rows).order_by("-created_at", "-id")

    def _threads(self) -> QuerySet[Conversation] | list[int]:
        """Name the threads where they are few: PostgreSQL takes the shared ones for many more."""
        seen = self.conversations()
        if self.action != "list":
            return seen
        keys = list(seen.order_by().values_list("pk", flat=True)[: _FEW_THREADS + 1])
        return keys if len(keys) <= _FEW_THREADS else seen

    @extend_schema(
        request=NewMessageSerializer,
        responses={200: again(_SENT), 201: _SENT, 422: REFUSAL},
        parameters=[KEY_PARAMETER, REPLAYED_HEADER],
        filters=False,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Send a message, now or at `scheduled_at`.

        Answers the message. With `send_individually` and several recipients each gets a message
        of their own and the answer is `{"messages": [...]}`, in the order of `to`. If one
        recipient is refused, the whole request is. Repeated with its `Idempotency-Key` it is sent
        once; that answers the same messages as they are now.
        """
        asked = once(request, self.person)
        data = NewMessageSerializer(data=request.data, context=self.get_serializer_context())
        data.is_valid(raise_exception=True)
        wanted = data.validated_data
        apart = wanted["send_individually"] and len(wanted["to"]) > 1
        with transaction.atomic():
            earlier = asked.earlier() if asked else None
            if earlier is not None:
                return replayed(self._answer(earlier, self.get_queryset(), apart=apart))
            sent = [message.pk for message in self._send(wanted, apart=apart)]
            if asked:
                asked.keep(sent)
        body = self._answer(sent, with_parts(Message.objects.all()), apart=apart)
        return Response(body, status=status.HTTP_201_CREATED)

    def _answer(self, keys: list[UUID], seen: QuerySet[Message], *, apart: bool) -> Any:
        found = {message.pk: message for message in seen.filter(pk__in=keys)}
        if len(found) < len(keys):
            raise gone()
        rows = [found[key] for key in keys]
        context = {
            **self.get_serializer_context(),
            "cautions": {sender: self._caution(sender) for sender in {m.sender for m in rows}},
        }
        answers = MessageSerializer(rows, many=True, context=context).data
        return {"messages": answers} if apart else answers[0]

    def _send(self, wanted: dict[str, Any], *, apart: bool) -> list[Message]:
        asked: dict[str, Any] = {
            "user": self.person,
            "role": self.role,
            "tenant": self.tenant,
            "sender": wanted["sender"],
            "recipients": wanted["to"],
            "text": wanted["text"],
            "attachment_ids": wanted["media"],
            "scheduled_at": wanted["scheduled_at"],
            "expires_at": wanted["expires_at"],
            "ignore_quiet_hours": wanted["ignore_quiet_hours"],
        }
        try:
            with transaction.atomic():
                return send_individually(**asked) if apart else [send_message(**asked)]
        except SendRefused as refusal:
            raise Refused(refusal.code, refusal.text) from refusal

    @extend_schema(
        request=MessageChangeSerializer,
        responses={200: MessageSerializer, 422: REFUSAL},
        filters=False,
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change text, time or expiry of a scheduled message. What is left out stays."""
        message = self.get_object()
        data = MessageChangeSerializer(data=request.data, context=self.get_serializer_context())
        data.is_valid(raise_exception=True)
        return self._change(partial(edit_scheduled, message, **data.validated_data, **self._who()))

    @extend_schema(
        request=RetrySerializer,
        responses={200: MessageSerializer, 422: REFUSAL},
        filters=False,
    )
    @action(detail=True, methods=["post"], filter_backends=[])
    def retry(self, request: Request, **kwargs: Any) -> Response:
        """Send a message once more to everybody it has not reached.

        One that failed is sent simply. Of one that is `unconfirmed` nobody knows whether it
        arrived: that is refused as `confirm_needed`, unless `anyway` is true.
        """
        message = self.get_object()
        # Programs that know of no body send any, or none.
        is_json = (request.content_type or "").startswith("application/json")
        asked = request.data if is_json else {}
        data = RetrySerializer(data=asked, context=self.get_serializer_context())
        data.is_valid(raise_exception=True)
        return self._change(partial(retry_message, message, **data.validated_data))

    @extend_schema(request=None, responses={200: MessageSerializer, 422: REFUSAL}, filters=False)
    @action(detail=True, methods=["post"], filter_backends=[])
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """Stop a message that is scheduled or still waits."""
        message = self.get_object()
        if message.status == Status.SCHEDULED:
            return self._change(partial(cancel_scheduled, message, **self._who()))
        return self._change(partial(cancel_message, message))

    @extend_schema(request=None, responses={200: MessageSerializer, 422: REFUSAL}, filters=False)
    @action(detail=True, methods=["post"], url_path="send-now", filter_backends=[])
    def send_now(self, request: Request, **kwargs: Any) -> Response:
        """Send a scheduled message before its time, or in the quiet hours it waits out."""
        message = self.get_object()
        return self._change(partial(send_scheduled_now, message, **self._who()))

    def _caution(self, sender: str) -> str:
        return caution(sender, at_length=self.role >= Role.ADMIN)

    def _who(self) -> dict[str, Any]:
        return {"user": self.person, "role": self.role, "tenant": self.tenant}

    def _change(self, change: Callable[[], object]) -> Response:
        try:
            with transaction.atomic():
                change()
        except SendRefused as refusal:
            raise Refused(refusal.code, refusal.text) from refusal
        return Response(self.get_serializer(self.get_object()).data)
