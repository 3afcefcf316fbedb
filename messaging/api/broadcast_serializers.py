"""A broadcast as JSON, and what is sent in to make one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from messaging.api.fields import tenant_of
from messaging.broadcasts import audience as audiences
from messaging.broadcasts.audience import Audience, NoAudience
from messaging.broadcasts.merge import VALUE_LENGTH
from messaging.broadcasts.results import Counts, Result, counts_of
from messaging.models import Broadcast
from messaging.outbound.compose import MOST_UNITS, normal
from messaging.outbound.lines import lines
from messaging.outbound.sender_ids import NotASender, parse_sender
from messaging.segments import utf16_units
from tenants.api.fields import KnownFields

_WAYS = ("numbers", "recipients", "tag", "contacts", "all_contacts")


class CountsSerializer(serializers.Serializer[Any]):
    """How many recipients are where."""

    total = serializers.IntegerField()
    pending = serializers.IntegerField(help_text="No message is written yet.")
    queued = serializers.IntegerField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    unconfirmed = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField(help_text="Opted out, or the text cannot be sent to them.")
    canceled = serializers.IntegerField()


class ListedSerializer(KnownFields, serializers.Serializer[Any]):
    """One recipient with values of merge fields."""

    number = serializers.CharField(max_length=40)
    fields_ = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=VALUE_LENGTH),
        required=False,
        default=dict,
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Call the values `fields`, which is the serializer's own name for something else."""
        found = super().get_fields()
        return {"fields" if name == "fields_" else name: field for name, field in found.items()}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "To everybody with a tag",
            {
                "name": "Closed on Friday",
                "from": "+19195550101",
                "text": "Hi {first_name|there}, we are closed on Friday. Reply STOP to opt out.",
                "tag": "patient",
            },
            request_only=True,
        ),
        OpenApiExample(
            "With values of your own",
            {
                "name": "Due dates",
                "from": "+19195550101",
                "text": "Your invoice is due on {due}.",
                "recipients": [{"number": "+15125550300", "fields": {"due": "May 3"}}],
            },
            request_only=True,
        ),
    ]
)
class BroadcastSerializer(KnownFields, serializers.ModelSerializer[Broadcast]):
    """One broadcast. Name one way to choose recipients; the list is fixed when it is saved."""

    _counts: dict[UUID, Counts] | None = None  # of the whole page, counted at once

    our_number = serializers.CharField(
        max_length=40, help_text="A number or sender ID of yours, in any usual form."
    )
    numbers = serializers.ListField(
        child=serializers.CharField(max_length=40),
        write_only=True,
        required=False,
        max_length=audiences.MOST_RECIPIENTS,
        help_text="Numbers in any usual form.",
    )
    recipients = ListedSerializer(
        many=True,
        write_only=True,
        required=False,
        help_text="Numbers with values of merge fields.",
    )
    tag = serializers.CharField(
        write_only=True, required=False, max_length=40, help_text="All contacts with this tag."
    )
    contacts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**31),
        write_only=True,
        required=False,
        max_length=audiences.MOST_RECIPIENTS,
        help_text="Ids of contacts.",
    )
    all_contacts = serializers.BooleanField(write_only=True, required=False)
    counts = serializers.SerializerMethodField()

    class Meta:
        model = Broadcast
        fields = [
            "id",
            "name",
            "our_number",
            "text",
            "state",
            "problem",
            "counts",
            "created_at",
            "scheduled_at",
            "started_at",
            "finished_at",
            *_WAYS,
        ]
        read_only_fields = [
            "state",
            "problem",
            "created_at",
            "scheduled_at",
            "started_at",
            "finished_at",
        ]
        extra_kwargs = {"text": {"trim_whitespace": False}}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Call our number `from`, which Python cannot."""
        found = super().get_fields()
        ours: Any = found.pop("our_number")
        ours.source = "our_number"
        return {"id": found.pop("id"), "name": found.pop("name"), "from": ours, **found}

    @extend_schema_field(CountsSerializer)
    def get_counts(self, broadcast: Broadcast) -> Any:
        """Count the recipients by what became of them."""
        known = self._counts
        if known is None:
            shown: Any = getattr(self.parent, "instance", None) or [broadcast]
            known = self._counts = counts_of(list(shown))
        found = known.get(broadcast.pk) or counts_of([broadcast])[broadcast.pk]
        return CountsSerializer(found).data

    def validate_from(self, typed: str) -> str:
        """Take what the tenant can send from, if not at this moment; starting judges again."""
        tenant = tenant_of(self)
        try:
            sender = parse_sender(typed, country=tenant.country)
        except NotASender as error:
            raise serializers.ValidationError(str(error)) from error
        kept = self.instance.our_number if isinstance(self.instance, Broadcast) else ""
        if sender != kept and not lines(tenant, number=sender):
            raise serializers.ValidationError("This is not one of your numbers.")
        return sender

    def validate_text(self, text: str) -> str:
        """Judge the length; each recipient's own text is judged when it is written."""
        if utf16_units(text) > MOST_UNITS:
            raise serializers.ValidationError(f"Carriers take {MOST_UNITS:,} characters.")
        return normal(text)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Read the recipients, so that a number that is none is told of."""
        ways = [name for name in _WAYS if attrs.get(name)]
        if len(ways) > 1:
            raise serializers.ValidationError(
                {ways[1]: [f"Choose recipients one way: {' or '.join(_WAYS)}."]}
            )
        if not ways and self.instance is None:
            raise serializers.ValidationError(
                {"recipients": [f"Choose recipients: {', '.join(_WAYS)}."]}
            )
        chosen = {name: attrs.pop(name, None) for name in _WAYS}
        if ways:
            attrs["audience"] = self._audience(ways[0], chosen[ways[0]])
        return attrs

    def _audience(self, way: str, value: Any) -> Audience:
        country = tenant_of(self).country
        match way:
            case "numbers":
                found = audiences.listed([(n, {}) for n in value], country=country)
            case "recipients":
                rows = [(each["number"], each["fields"]) for each in value]
                found = audiences.listed(rows, country=country)
            case "tag":
                found = audiences.tagged(value)
            case "contacts":
                found = audiences.picked(value)
            case _:
                found = audiences.all_contacts()
        if found.invalid:
            shown = ", ".join(found.invalid[:20])
            raise serializers.ValidationError({way: [f"These are not phone numbers: {shown}."]})
        if not found.people:
            raise serializers.ValidationError({way: ["Nobody would get it."]})
        return found

    def create(self, validated_data: dict[str, Any]) -> Broadcast:
        """Store it with its list."""
        audience = validated_data.pop("audience")
        broadcast = Broadcast.objects.create(**validated_data)
        self._replace(broadcast, audience)
        return broadcast

    def update(self, instance: Broadcast, validated_data: dict[str, Any]) -> Broadcast:
        """Change what is named, and the list if one came along."""
        audience = validated_data.pop("audience", None)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        if validated_data:
            instance.save(update_fields=list(validated_data))
        if audience is not None:
            self._replace(instance, audience)
        return instance

    def _replace(self, broadcast: Broadcast, audience: Audience) -> None:
        try:
            audiences.replace(broadcast, audience)
        except NoAudience as error:
            raise serializers.ValidationError({"recipients": [str(error)]}) from error


class ResultSerializer(serializers.Serializer[Result]):
    """What became of one recipient."""

    number = serializers.CharField(source="person.number")
    contact = serializers.IntegerField(source="person.contact_id", allow_null=True)
    fields_ = serializers.DictField(source="person.fields", child=serializers.CharField())
    state = serializers.CharField(source="person.state")
    message = serializers.UUIDField(source="person.message_id", allow_null=True)
    status = serializers.SerializerMethodField(help_text="Of the message; empty = there is none.")
    reason = serializers.CharField(help_text="Why it was skipped or failed.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Call the values `fields`."""
        found = super().get_fields()
        return {"fields" if name == "fields_" else name: field for name, field in found.items()}

    def get_status(self, result: Result) -> str:
        """Status of the message."""
        return result.message.status if result.message else ""


class StartSerializer(KnownFields, serializers.Serializer[Any]):
    """When it starts."""

    scheduled_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Left out = at once."
    )
