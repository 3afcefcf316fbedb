"""Media of messages as JSON."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from messaging.models import Attachment


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    """One file; its `url` takes the same sign-in as the rest of the API."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = Attachment
        fields = ["id", "url", "content_type", "size", "name", "state"]

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, attachment: Attachment) -> str:
        """Address of the bytes, under the host that the caller used."""
        return reverse(
            "api:media-content", kwargs={"pk": attachment.pk}, request=self.context["request"]
        )
