"""What people do with a conversation by the API: take, transfer, assign, done, notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.base import TenantViewSet
from messaging.api.fields import ExtensionField
from messaging.api.refusals import Refused
from messaging.api.thread import ThreadPages
from messaging.handling import actions
from messaging.handling.actions import Actor
from messaging.handling.notes import LONGEST, add_note
from messaging.handling.refusals import HandlingRefused
from messaging.models import Conversation, Extension, Note
from messaging.visibility import desk_of
from tenants.api.fields import KnownFields


class TakeSerializer(KnownFields, serializers.Serializer[Any]):
    """Whom it is taken from."""

    handler = ExtensionField(
        required=False,
        help_text="The handler you saw, null = nobody; if it is another by now, the answer is 422.",
    )


class TransferSerializer(KnownFields, serializers.Serializer[Any]):
    """Who gets it."""

    extension = ExtensionField(help_text="Number of an extension that shares the conversation.")

    def validate_extension(self, value: Extension | None) -> Extension:
        """Ask for somebody."""
        if value is None:
            raise serializers.ValidationError("Say who is to have it.")
        return value


class AssignSerializer(KnownFields, serializers.Serializer[Any]):
    """Who gets it, or nobody."""

    extension = ExtensionField(help_text="Number of any extension; null = nobody.")


class NoteSerializer(KnownFields, serializers.ModelSerializer[Note]):
    """A remark for colleagues; it is never sent."""

    text = serializers.CharField(
        max_length=LONGEST,
        help_text="@101 or @Ann Archer mentions a colleague, who is told and can read the"
        " conversation from then on.",
    )
    author = serializers.SerializerMethodField()
    mentions = serializers.SerializerMethodField()

    class Meta:
        model = Note
        fields = ["id", "text", "author", "mentions", "created_at"]
        read_only_fields = ["created_at"]

    @extend_schema_field({"type": "string", "nullable": True})
    def get_author(self, note: Note) -> str | None:
        """E-mail address of who wrote it."""
        return note.author.email if note.author else None

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_mentions(self, note: Note) -> list[str]:
        """Numbers of the extensions it mentions."""
        numbers: dict[int, str] = self.context["numbers"]
        return [numbers[key] for key in note.mentions if key in numbers]


class HandlingActions(TenantViewSet[Conversation]):
    """Actions on one conversation that the person may see."""

    refusing_actions = ("take", "transfer", "assign", "done", "reopen", "notes")

    @extend_schema(request=TakeSerializer, filters=False)
    @action(detail=True, methods=["post"], filter_backends=[])
    def take(self, request: Request, **kwargs: Any) -> Response:
        """Make your extension its handler."""
        conversation, asked = self.get_object(), self._asked(TakeSerializer)
        handler = asked.get("handler")
        seen = (
            (handler.pk if handler else None) if "handler" in asked else (conversation.extension_id)
        )
        return self._done(conversation, lambda thread, who: actions.take(thread, who, seen=seen))

    @extend_schema(request=TransferSerializer, filters=False)
    @action(detail=True, methods=["post"], filter_backends=[])
    def transfer(self, request: Request, **kwargs: Any) -> Response:
        """Hand it to another who shares it; for its handler and for admins."""
        conversation, to = self.get_object(), self._asked(TransferSerializer)["extension"]
        return self._done(conversation, lambda thread, who: actions.transfer(thread, who, to))

    @extend_schema(request=AssignSerializer, filters=False)
    @action(detail=True, methods=["post"], filter_backends=[])
    def assign(self, request: Request, **kwargs: Any) -> Response:
        """Give it to any extension, or to nobody; for admins."""
        conversation, to = self.get_object(), self._asked(AssignSerializer)["extension"]
        return self._done(conversation, lambda thread, who: actions.assign(thread, who, to))

    @extend_schema(request=None, filters=False)
    @action(detail=True, methods=["post"], filter_backends=[])
    def done(self, request: Request, **kwargs: Any) -> Response:
        """Mark it done: the next text opens it again."""
        return self._done(self.get_object(), actions.done)

    @extend_schema(request=None, filters=False)
    @action(detail=True, methods=["post"], filter_backends=[])
    def reopen(self, request: Request, **kwargs: Any) -> Response:
        """Open it again."""
        return self._done(self.get_object(), lambda thread, who: actions.reopen(thread, who.user))

    @extend_schema(methods=["get"], responses=NoteSerializer(many=True), filters=False)
    @extend_schema(
        methods=["post"], request=NoteSerializer, responses={201: NoteSerializer}, filters=False
    )
    @action(
        detail=True,
        methods=["get", "post"],
        pagination_class=ThreadPages,
        filter_backends=[],
        serializer_class=NoteSerializer,
    )
    def notes(self, request: Request, **kwargs: Any) -> Response:
        """Read the notes beside the thread, or add one."""
        conversation = self.get_object()
        if request.method != "POST":
            rows = conversation.notes.select_related("author")
            page: Any = self.paginate_queryset(rows)  # type: ignore[arg-type]  # not its own rows
            return self.get_paginated_response(self._shown(page, many=True))
        data = NoteSerializer(data=request.data, context={"numbers": {}})
        data.is_valid(raise_exception=True)
        try:
            note = add_note(conversation, self._actor(), data.validated_data["text"])
        except HandlingRefused as refusal:
            raise Refused(refusal.code, refusal.text) from refusal
        return Response(self._shown(note), status=status.HTTP_201_CREATED)

    def _shown(self, notes: Note | Sequence[Note], *, many: bool = False) -> Any:
        rows = notes if isinstance(notes, Sequence) else [notes]
        keys = {key for note in rows for key in note.mentions}
        numbers = dict(Extension.objects.filter(pk__in=keys).values_list("pk", "number"))
        return NoteSerializer(notes, many=many, context={"numbers": numbers}).data

    def _asked(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        asked = serializer(data=self.request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        found: dict[str, Any] = asked.validated_data
        return found

    def _actor(self) -> Actor:
        return Actor(user=self.person, role=self.role, desk=desk_of(self.person, self.tenant))

    def _done(
        self, conversation: Conversation, act: Callable[[Conversation, Actor], None]
    ) -> Response:
        try:
            act(conversation, self._actor())
        except HandlingRefused as refusal:
            raise Refused(refusal.code, refusal.text) from refusal
        # Read again by the same rules; an admin's move may have taken it out of sight.
        found = self.get_queryset().filter(pk=conversation.pk).first()
        if found is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(self.get_serializer(found).data)
