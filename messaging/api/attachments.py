"""Media of messages as JSON."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from messaging.media.links import signed_path
from messaging.models import Attachment


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    """One file; its `url` takes the same sign-in as the rest of the API.

    `signed_url` needs none and ends after an hour: for what has no key, such as a viewer.
    """

    url = serializers.SerializerMethodField()
    signed_url = serializers.SerializerMethodField()

    class Meta:
        model = Attachment
        fields = [
            "id",
            "url",
            "signed_url",
            "content_type",
            "size",
            "name",
            "state",
            "error",
            "notice",
        ]

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, attachment: Attachment) -> str:
        """Address of the bytes, under the host that the caller used."""
        return reverse(
            "api:media-content", kwargs={"pk": attachment.pk}, request=self.context["request"]
        )

    @extend_schema_field({"type": "string", "format": "uri", "nullable": True})
    def get_signed_url(self, attachment: Attachment) -> str | None:
        """Address of the bytes for whoever has it; null while they are not here."""
        if attachment.state != Attachment.State.READY:
            return None
        return str(self.context["request"].build_absolute_uri(signed_path(attachment)))
