"""`conversations/`: the threads a person may see."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.handling import HandlingActions
from messaging.api.message_serializers import MessageSerializer, with_parts
from messaging.api.thread import ListPages, ThreadPages
from messaging.models import Contact, Conversation, Message
from messaging.models.message import Status
from messaging.search import search
from messaging.visibility import (
    desk_at,
    desk_of,
    extension_of,
    mark_read,
    mark_unread,
    mentions_of,
    read_conversations,
    seen_from,
    unread_conversations,
    with_mention,
    with_unread_count,
)
from tenants.api.permissions import IsTenantUser
from tenants.models import User
from tenants.roles import Role


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    """One thread between a number of ours and another party or group."""

    participants = serializers.ListField(child=serializers.CharField(), read_only=True)
    contact = serializers.CharField(
        source="contact_name", allow_null=True, help_text="Name of the other party, if known."
    )
    extension = serializers.SerializerMethodField()
    ring_group = serializers.SerializerMethodField()
    shared = serializers.SerializerMethodField()
    done = serializers.SerializerMethodField()
    mentioned = serializers.BooleanField(
        source="is_mentioned", help_text="A note mentions the caller, who has not read on since."
    )
    unread_count = serializers.IntegerField(help_text="Up to 100; 100 means that or more.")

    class Meta:
        model = Conversation
        fields = [
            "id",
            "our_number",
            "participants",
            "contact",
            "extension",
            "ring_group",
            "shared",
            "done",
            "mentioned",
            "unread_count",
            "last_text",
            "last_at",
            "last_status",
            "last_direction",
        ]

    @extend_schema_field({"type": "string", "nullable": True})
    def get_extension(self, conversation: Conversation) -> str | None:
        """Number of the extension that handles the thread."""
        return conversation.extension.number if conversation.extension else None

    @extend_schema_field({"type": "string", "nullable": True})
    def get_ring_group(self, conversation: Conversation) -> str | None:
        """Number of the ring group whose members share the thread."""
        return conversation.ring_group.number if conversation.ring_group else None

    @extend_schema_field({"type": "boolean"})
    def get_shared(self, conversation: Conversation) -> bool:
        """Whether others than the handler see the thread."""
        return conversation.ring_group_id is not None or bool(conversation.shared_with)

    @extend_schema_field({"type": "boolean"})
    def get_done(self, conversation: Conversation) -> bool:
        """Whether the thread is done until its next text."""
        return conversation.done_at is not None


class UnreadSerializer(serializers.Serializer[Any]):
    """From where on a thread is unread."""

    message = serializers.UUIDField(
        required=False, help_text="A message of the thread; it and all later ones become unread."
    )

    def validate_message(self, value: UUID) -> Message:
        """Find the message in the thread."""
        conversation: Conversation = self.context["conversation"]
        message = conversation.messages.filter(pk=value).first()
        if message is None:
            raise serializers.ValidationError("This thread has no such message.")
        return message


class ConversationFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """Narrows the list."""

    q = filters.CharFilter(
        method="search",
        label="Part of a number or of the contact's name, or words of any message.",
    )
    unread = filters.BooleanFilter(method="by_unread", label="With or without unread messages.")
    failed = filters.BooleanFilter(
        method="by_failure", label="Whose last message failed, or the others."
    )
    number = filters.CharFilter(field_name="our_number", label="One of our numbers, as E.164.")
    extension = filters.CharFilter(
        method="by_extension", label='Number of the extension that handles it, or "none".'
    )

    inbox = filters.CharFilter(
        method="by_inbox", label="Number of an extension: what it sees, shared threads too."
    )
    ring_group = filters.CharFilter(field_name="ring_group__number", label="Its number.")
    done = filters.BooleanFilter(method="by_done", label="Only done, or only others.")
    scope = filters.ChoiceFilter(
        method="by_scope",
        choices=[("mine", "Mine"), ("shared", "Shared"), ("mentions", "Mentions")],
        label="What you handle, what several share, or where a note mentions you.",
    )

    def by_inbox(
        self, rows: QuerySet[Conversation], name: str, value: str
    ) -> QuerySet[Conversation]:
        """Keep what one extension sees."""
        desk = desk_at(value.replace("\x00", ""))
        return rows.filter(desk.sees()) if desk else rows.none()

    def by_done(
        self,
        rows: QuerySet[Conversation],
        name: str,
        value: bool,  # noqa: FBT001
    ) -> QuerySet[Conversation]:
        """Keep the threads that are done, or the others."""
        return rows.filter(done_at__isnull=not value)

    def by_scope(
        self, rows: QuerySet[Conversation], name: str, value: str
    ) -> QuerySet[Conversation]:
        """Keep what concerns the caller."""
        if value == "shared":
            return rows.filter(Q(ring_group__isnull=False) | ~Q(shared_with=[]))
        person, tenant = cast("User", self.request.user), self.request._request.tenant
        if value == "mentions":
            return rows.filter(pk__in=mentions_of(person, tenant).values("conversation"))
        return rows.filter(extension=extension_of(person, tenant), extension__isnull=False)

    def search(self, rows: QuerySet[Conversation], name: str, value: str) -> QuerySet[Conversation]:
        """Find what the inbox finds."""
        return search(rows, value.replace("\x00", "").strip()[:100]).conversations

    def by_unread(
        self,
        rows: QuerySet[Conversation],
        name: str,
        value: bool,  # noqa: FBT001
    ) -> QuerySet[Conversation]:
        """Keep the threads with unread messages, or those without."""
        person = cast("User", self.request.user)
        return unread_conversations(rows, person) if value else read_conversations(rows, person)

    def by_failure(
        self,
        rows: QuerySet[Conversation],
        name: str,
        value: bool,  # noqa: FBT001
    ) -> QuerySet[Conversation]:
        """Keep the threads that end with a failed message, or the others."""
        failed = Q(last_status=Status.FAILED)
        return rows.filter(failed if value else ~failed)

    def by_extension(
        self, rows: QuerySet[Conversation], name: str, value: str
    ) -> QuerySet[Conversation]:
        """Keep one extension's threads, or nobody's."""
        if value == "none":
            return rows.filter(extension=None)
        return rows.filter(extension__number=value)


class Conversations(HandlingActions, ListModelMixin, RetrieveModelMixin):
    """Conversations, the latest first."""

    permission_classes = [IsTenantUser]
    queryset = Conversation.objects.none()
    serializer_class = ConversationSerializer
    filterset_class = ConversationFilter
    pagination_class = ListPages

    def get_queryset(self) -> QuerySet[Conversation]:
        """Return the person's threads with what the list shows of each."""
        # A group's key holds several numbers and equals no contact's.
        contact = Contact.objects.filter(number=OuterRef("participants_key")).values("name")
        desk = desk_of(self.person, self.tenant)
        seen = self.conversations() if self.role >= Role.ADMIN else seen_from(desk)
        rows = with_unread_count(seen.select_related("extension", "ring_group"), self.person)
        rows = with_mention(rows, desk, self.person)
        if self.action == "list" and not self.request.query_params.get("q"):
            rows = rows.exclude(last_status="")  # got a broadcast, and never said a word
        return rows.annotate(contact_name=Subquery(contact[:1])).order_by("-last_at", "-pk")

    @extend_schema(
        responses=MessageSerializer(many=True),
        filters=False,
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=ThreadPages,
        filter_backends=[],
        serializer_class=MessageSerializer,
    )
    def messages(self, request: Request, **kwargs: Any) -> Response:
        """Read the thread, newest last. The first page is the latest; `next` leads back in time."""
        rows = with_parts(self.get_object().messages.all())
        page = self.paginate_queryset(rows)  # type: ignore[arg-type]  # not the view's own rows
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(request=None, filters=False)
    @action(detail=True, methods=["post"], filter_backends=[])
    def read(self, request: Request, **kwargs: Any) -> Response:
        """Mark what came in so far as read by the caller."""
        mark_read(self.get_object(), self.person)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=UnreadSerializer, filters=False)
    @action(detail=True, methods=["post"], filter_backends=[])
    def unread(self, request: Request, **kwargs: Any) -> Response:
        """Mark a message and all later ones unread for the caller; the last one in by default."""
        conversation = self.get_object()
        asked = UnreadSerializer(data=request.data, context={"conversation": conversation})
        asked.is_valid(raise_exception=True)
        mark_unread(conversation, self.person, since=asked.validated_data.get("message"))
        return Response(self.get_serializer(self.get_object()).data)
